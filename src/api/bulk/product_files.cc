#include "api/bulk/product_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "api/bulk/csv.h"
#include "api/bulk/types.h"
#include "api/reports/export_formats.h"
#include "api/wire/json_input.h"
#include "api/wire/wire.h"
#include "base/money.h"
#include "base/parse.h"
#include "base/utf8.h"

namespace souk::api {
namespace {

using bulk::Problem;
using bulk::Row;

enum class Column : std::uint8_t {
  kSku,
  kName,
  kDescription,
  kCategory,
  kPrice,
  kCurrency,
  kIsActive,
  kStock,
};
constexpr std::array<std::string_view, 8> kColumnNames = {
    "sku", "name", "description", "category", "price", "currency", "isActive", "stock"};

std::unexpected<Error> refuse_file(std::string detail) {
  return fail(ErrorCode::kValidationFailed, std::move(detail));
}

Result<> check_encoding(std::string_view first_bytes) {
  if (first_bytes.starts_with("\xFF\xFE") || first_bytes.starts_with("\xFE\xFF")) {
    return refuse_file("the file is UTF-16; it must be UTF-8 (in spreadsheets: \"CSV UTF-8\")");
  }
  return {};
}

bool is_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Exact: "19.99" of a currency with two decimals is 1999.
std::optional<std::int64_t> minor_units(std::string_view text, int decimals) {
  constexpr std::size_t kMaxDigits = 15;
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  auto part = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (whole.empty() || (point != std::string_view::npos && part.empty())) return std::nullopt;
  const auto places = static_cast<std::size_t>(decimals);
  while (part.size() > places && part.ends_with('0')) part.remove_suffix(1);
  if (!is_digits(whole) || !is_digits(part) || part.size() > places) return std::nullopt;
  if (whole.size() + places > kMaxDigits) return std::nullopt;
  return parse_integer(fmt::format("{}{}{:0<{}}", whole, part, "", places - part.size()));
}

class CsvReader final : public ProductReader {
 public:
  Result<> put(std::string_view bytes, std::vector<Row>& rows) override {
    if (!splitter_) {
      // The header's line tells the delimiter.
      first_line_ += bytes.substr(0, bulk::kMaxRowBytes);
      if (auto readable = check_encoding(first_line_); !readable) return readable;
      if (first_line_.find('\n') == std::string::npos) {
        if (first_line_.size() < bulk::kMaxRowBytes) return {};
        return refuse_file("the first line is no header: it is too long");
      }
      begin();
      const auto rest = bytes.substr(std::min(bytes.size(), bulk::kMaxRowBytes));
      split(std::exchange(first_line_, {}), rows);
      bytes = rest;
    }
    split(bytes, rows);
    return refused_ ? Result<>(std::unexpected(*refused_)) : Result<>();
  }

  Result<> end(std::vector<Row>& rows) override {
    if (!splitter_) {
      begin();
      split(std::exchange(first_line_, {}), rows);
    }
    splitter_->end([&](const CsvRecord& record) { take(record, rows); });
    if (columns_.empty() && !refused_) refused_ = refuse_file("the file is empty").error();
    return refused_ ? Result<>(std::unexpected(*refused_)) : Result<>();
  }

 private:
  void begin() {
    if (first_line_.starts_with(kByteOrderMark)) first_line_.erase(0, kByteOrderMark.size());
    const auto header = std::string_view(first_line_).substr(0, first_line_.find('\n'));
    const auto delimiter = header.find_first_of(",;\t");
    splitter_.emplace(delimiter == std::string_view::npos ? ',' : header[delimiter],
                      bulk::kMaxRowBytes);
  }

  void split(std::string_view bytes, std::vector<Row>& rows) {
    splitter_->put(bytes, [&](const CsvRecord& record) { take(record, rows); });
  }

  void take(const CsvRecord& record, std::vector<Row>& rows) {
    if (refused_) return;
    if (columns_.empty()) {
      if (auto read = take_header(record); !read) refused_ = std::move(read.error());
    } else {
      rows.push_back(row_of(record));
    }
  }

  Result<> take_header(const CsvRecord& record) {
    if (!record.problem.empty()) {
      return refuse_file(fmt::format("the header cannot be read: {}", record.problem));
    }
    for (auto cell : record.cells) {
      while (cell.starts_with(' ')) cell.remove_prefix(1);
      while (cell.ends_with(' ')) cell.remove_suffix(1);
      const auto column = value_of<Column>(kColumnNames, cell);
      if (!column) {
        return refuse_file(fmt::format("the header names the column \"{}\"; there are {}",
                                       clean_utf8(cell, 40), fmt::join(kColumnNames, ", ")));
      }
      if (std::ranges::find(columns_, *column) != columns_.end()) {
        return refuse_file(fmt::format("the header names the column {} twice", cell));
      }
      columns_.push_back(*column);
    }
    if (std::ranges::find(columns_, Column::kSku) == columns_.end()) {
      return refuse_file("the header has no column sku");
    }
    return {};
  }

  Row row_of(const CsvRecord& record) {
    Row row{.number = record.number};
    if (!record.problem.empty()) {
      row.problem = Problem{"", std::string(record.problem)};
    } else if (record.cells.size() != columns_.size()) {
      row.problem = Problem{
          "", fmt::format("has {} cells; the header has {}", record.cells.size(), columns_.size())};
    }
    if (row.problem) return row;
    price_ = currency_ = {};
    for (std::size_t i = 0; i < columns_.size() && !row.problem; ++i) {
      auto reason = read_cell(columns_[i], record.cells[i], row);
      if (!reason.empty()) row.problem = Problem{name_of(columns_[i]), std::move(reason)};
    }
    if (!row.problem) read_price(row);
    return row;
  }

  static std::string name_of(Column column) {
    return std::string(souk::name_of(kColumnNames, column));
  }

  // Returns what is wrong. An empty cell leaves the member as it is, but a description.
  std::string read_cell(Column column, std::string_view cell, Row& row) {
    if (!is_utf8(cell)) return "is not UTF-8 (in spreadsheets: \"CSV UTF-8\")";
    if (cell.empty() && column != Column::kDescription) return {};
    switch (column) {
      case Column::kSku:
        row.sku = text_of_csv(cell);
        break;
      case Column::kName:
        row.patch.name = text_of_csv(cell);
        break;
      case Column::kDescription:
        row.patch.description = text_of_csv(cell);
        break;
      case Column::kCategory:
        row.category = text_of_csv(cell);
        break;
      case Column::kPrice:
        price_ = cell;
        break;
      case Column::kCurrency:
        currency_ = cell;
        break;
      case Column::kIsActive: {
        std::string lower(cell);
        std::ranges::transform(lower, lower.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
        row.patch.is_active = parse_bool(lower);
        if (!row.patch.is_active) return "must be true or false";
        break;
      }
      case Column::kStock:
        row.stock = parse_integer(cell);
        if (!row.stock) return "must be a whole number";
        break;
    }
    return {};
  }

  void read_price(Row& row) const {
    if (price_.empty() && currency_.empty()) return;
    if (price_.empty()) {
      row.problem = Problem{"price", "is needed beside a currency"};
      return;
    }
    const auto currency = Currency::parse(currency_);
    if (!currency) {
      row.problem = Problem{"currency", "must be three capital letters (ISO 4217)"};
      return;
    }
    const auto amount = minor_units(price_, currency->digits());
    if (!amount) {
      row.problem = Problem{
          "price", fmt::format("must be a number like 19.99, with at most {} decimals in {}",
                               currency->digits(), currency->text())};
      return;
    }
    row.patch.price = Money{*amount, *currency};
  }

  std::string first_line_;
  std::optional<CsvSplitter> splitter_;
  std::vector<Column> columns_;  // of the header
  std::optional<Error> refused_;
  std::string_view price_;  // of the row that is read
  std::string_view currency_;
};

class NdjsonReader final : public ProductReader {
 public:
  Result<> put(std::string_view bytes, std::vector<Row>& rows) override {
    while (!bytes.empty()) {
      const auto newline = bytes.find('\n');
      keep(bytes.substr(0, newline));
      if (!checked_ && line_.size() >= kByteOrderMark.size()) {
        if (auto readable = check_encoding(line_); !readable) return readable;
        if (line_.starts_with(kByteOrderMark)) line_.erase(0, kByteOrderMark.size());
        checked_ = true;
      }
      if (newline == std::string_view::npos) break;
      bytes.remove_prefix(newline + 1);
      take(rows);
    }
    return {};
  }

  Result<> end(std::vector<Row>& rows) override {
    if (!line_.empty()) take(rows);
    return {};
  }

 private:
  void keep(std::string_view bytes) {
    too_long_ = too_long_ || line_.size() + bytes.size() > bulk::kMaxRowBytes;
    if (!too_long_) line_ += bytes;
  }

  void take(std::vector<Row>& rows) {
    ++number_;
    if (line_.ends_with('\r')) line_.pop_back();
    if (too_long_) {
      rows.push_back({.number = number_, .problem = Problem{"", "is longer than a row may be"}});
    } else if (!line_.empty()) {
      rows.push_back(row_of(line_));
    }
    line_.clear();
    too_long_ = false;
  }

  Row row_of(std::string_view line) {
    Row row{.number = number_};
    auto read = json_.read_text<ProductLine>(line);
    if (!read) {
      const auto& [code, detail, fields] = read.error();
      row.problem = Problem{"", detail};
      if (!fields.empty()) {
        std::string_view column = fields.front().pointer;  // empty: the line as a whole
        column.remove_prefix(column.starts_with('/') ? 1 : 0);
        row.problem = Problem{std::string(column), fields.front().reason};
      }
      return row;
    }
    row.sku = std::move(read->sku);
    row.patch.name = std::move(read->name);
    row.patch.description = std::move(read->description);
    row.patch.price = read->price;
    row.patch.is_active = read->is_active;
    row.category = std::move(read->category);
    row.stock = read->stock;
    return row;
  }

  JsonInput json_;
  std::string line_;
  std::size_t number_ = 0;
  bool too_long_ = false;
  bool checked_ = false;
};

// With its currency's decimals: "19.99".
void append_price(const Money& price, Buffer& out) {
  const auto text = to_text(price);
  out.append(std::string_view(text).substr(0, text.find(' ')));
}

void write_csv_row(const bulk::Shown& shown, Buffer& out) {
  const auto& product = shown.product;
  write_csv_text(product.sku ? std::string_view(*product.sku) : std::string_view(), out);
  out.append(',');
  write_csv_text(product.name, out);
  out.append(',');
  write_csv_text(product.description, out);
  out.append(',');
  write_csv_text(shown.category, out);
  out.append(',');
  append_price(product.price, out);
  out.append(',');
  out.append(product.price.currency.text());
  out.append(product.is_active ? ",true," : ",false,");
  out.append_integer(shown.stock);
  out.append("\r\n");
}

}  // namespace

std::unique_ptr<ProductReader> product_reader(FileFormat format) {
  if (format == FileFormat::kCsv) return std::make_unique<CsvReader>();
  return std::make_unique<NdjsonReader>();
}

void begin_file(FileFormat format, Buffer& out) {
  if (format == FileFormat::kCsv) out.append(fmt::format("{}\r\n", fmt::join(kColumnNames, ",")));
}

void write_row(FileFormat format, const bulk::Shown& shown, Buffer& out) {
  if (format == FileFormat::kCsv) return write_csv_row(shown, out);
  const auto& product = shown.product;
  JsonWriter json(out);
  write(json, ProductLine{.sku = product.sku.value_or(""),
                          .name = product.name,
                          .description = product.description,
                          .category = shown.category,
                          .price = product.price,
                          .is_active = product.is_active,
                          .stock = shown.stock});
  out.append('\n');
}

}  // namespace souk::api
