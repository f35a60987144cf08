// Splits CSV (RFC 4180) that arrives in pieces into records; lines may end in LF too. A broken
// record is reported, and the next one begins after its line end.
//
// Threading: one thread. Ownership: a record's cells are valid while it is taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace souk::api {

struct CsvRecord {
  std::size_t number = 0;  // 1 is the first, as spreadsheets count
  std::vector<std::string_view> cells;
  std::string_view problem;  // static text; empty: none
};

class CsvSplitter {
 public:
  CsvSplitter(char delimiter, std::size_t max_record_bytes)
      : delimiter_(delimiter), max_bytes_(max_record_bytes) {}

  // Calls take(const CsvRecord&) for each record that is complete.
  template <class Take>
  void put(std::string_view bytes, Take take) {
    for (const char c : bytes) {
      if (step(c)) give(take);
    }
  }
  template <class Take>
  void end(Take take) {
    if (state_ == State::kQuoted)
      problem_ = "the quotation mark that begins a cell is never closed";
    if (state_ != State::kCellStart || !ends_.empty()) {
      end_cell();
      give(take);
    }
  }

 private:
  // An empty cell has no bytes: without it a line of delimiters would be as long as the file.
  static constexpr std::size_t kMaxCells = 64;

  enum class State : std::uint8_t { kCellStart, kPlain, kQuoted, kQuoteInQuoted };

  // True: a record is complete.
  bool step(char c) {
    switch (state_) {
      case State::kCellStart:
        if (c == '"') {
          state_ = State::kQuoted;
          return false;
        }
        state_ = State::kPlain;
        [[fallthrough]];
      case State::kPlain:
        if (c == delimiter_) return end_cell();
        if (c == '\n') return end_line();
        keep(c);
        return false;
      case State::kQuoted:
        if (c == '"') {
          state_ = State::kQuoteInQuoted;
        } else {
          keep(c);
        }
        return false;
      case State::kQuoteInQuoted:
        if (c == '"') {
          keep(c);
          state_ = State::kQuoted;
        } else if (c == delimiter_) {
          end_cell();
        } else if (c == '\n') {
          end_cell();
          return true;
        } else if (c != '\r') {
          problem_ = "text follows the closing quotation mark of a cell";
          state_ = State::kPlain;
        }
        return false;
    }
    return false;
  }
  void keep(char c) {
    if (bytes_.size() < max_bytes_) {
      bytes_ += c;
    } else {
      problem_ = "is longer than a row may be; perhaps a quotation mark is not closed";
    }
  }
  bool end_cell() {
    if (ends_.size() < kMaxCells) {
      ends_.push_back(bytes_.size());
    } else {
      problem_ = "has more cells than a row may have";
    }
    state_ = State::kCellStart;
    return false;
  }
  bool end_line() {
    if (bytes_.ends_with('\r') && (ends_.empty() || bytes_.size() > ends_.back()))
      bytes_.pop_back();
    end_cell();
    return true;
  }
  template <class Take>
  void give(Take& take) {
    ++record_.number;
    record_.problem = problem_;
    record_.cells.clear();
    std::size_t begin = 0;
    for (const auto end : ends_) {
      record_.cells.push_back(std::string_view(bytes_).substr(begin, end - begin));
      begin = end;
    }
    const bool blank = ends_.size() == 1 && bytes_.empty();
    if (!blank) take(std::as_const(record_));
    bytes_.clear();
    ends_.clear();
    problem_ = {};
  }

  const char delimiter_;
  const std::size_t max_bytes_;
  State state_ = State::kCellStart;
  std::string bytes_;              // of the record's cells, one after the other
  std::vector<std::size_t> ends_;  // of the cells in it
  std::string_view problem_;
  CsvRecord record_;
};

}  // namespace souk::api
