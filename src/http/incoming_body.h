// The body of a request on its way in. Nothing of it is read until somebody asks: then it comes
// piece by piece, or gathered, up to a limit. Between the two ends: the session puts in what has
// arrived, the dispatcher or a handler takes it out, and the connection lets the one wait for the
// other.
//
// Threading: belongs to one worker; one reader at a time. Ownership: owns what has arrived and was
// not taken, but for a body that came with its head: that is a view into the session's input,
// which stays where it is as long as the exchange.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "base/buffer.h"
#include "http/refusal.h"
#include "runtime/task.h"

namespace souk::http {

class IncomingBody;

// The connection's part.
class BodySource {
 public:
  BodySource() = default;
  BodySource(const BodySource&) = delete;
  BodySource& operator=(const BodySource&) = delete;
  virtual ~BodySource() = default;
  // Somebody has asked for a body.
  virtual void wanted() = 0;
  // Returns when something of the body has arrived, it has ended or failed, or its time is up:
  // then it has failed with 408.
  virtual runtime::Task<void> more(IncomingBody& body) = 0;
};

class IncomingBody {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // What is held for a reader that takes piece by piece and is slower than its client.
  static constexpr std::size_t kWindowBytes = 64 * 1024;

  // For who reads: fits(), want(), and then gather() or next().
  //
  // False: it said already that it is larger.
  bool fits(std::size_t max_bytes) const { return length_.value_or(0) <= max_bytes; }
  // From now on it is read, up to a limit; a client that waits for leave to send it is invited.
  void want(std::size_t max_bytes);
  // The whole body, valid as long as the exchange.
  runtime::Task<std::expected<std::string_view, Refusal>> gather();
  // The next bytes, valid until the next call; empty at the end.
  runtime::Task<std::expected<std::string_view, Refusal>> next();
  // REQUIRES: ended, and nothing taken by next().
  std::string_view whole() const { return held_.empty() ? whole_ : held_.view(); }

  // As announced; nothing: not known beforehand.
  std::optional<std::uint64_t> length() const { return length_; }
  bool ended() const { return ended_; }
  bool failed() const { return static_cast<bool>(refusal_); }

  // For the connection: before it hands the exchange on, and while its reader waits for more.
  void set_source(BodySource& source) { source_ = &source; }
  // Whether its reader can go on.
  bool ready() const { return ended_ || failed() || (!gathering_ && !held_.empty()); }
  void fail(Refusal refusal) { refusal_ = refusal; }
  // By when it must have come, all of it: what was said first counts.
  Time due(Time first) { return due_ == Time::max() ? due_ = first : due_; }

  // For the session.
  void begin(std::optional<std::uint64_t> length);
  void begin_empty();
  // Whether somebody asked for it and it may be put in; at most max_bytes() in all.
  bool wants_more() const {
    return wanted_ && !ended_ && !failed() && (gathering_ || held_.size() < kWindowBytes);
  }
  bool wanted() const { return wanted_; }
  std::size_t max_bytes() const { return max_bytes_; }
  void put(std::string_view bytes) {
    held_.append(bytes);
    begun_ = begun_ || !bytes.empty();
  }
  bool has_begun() const { return begun_; }
  void end() { ended_ = true; }
  // All of it, in place, where nothing was put in before.
  void end_whole(std::string_view bytes) {
    whole_ = bytes;
    ended_ = true;
  }
  // Drops what is held, and large memory too.
  void recycle();

 private:
  static constexpr std::size_t kRetainedBytes = 4 * 1024;

  BodySource* source_ = nullptr;
  std::optional<std::uint64_t> length_;
  std::size_t max_bytes_ = 0;
  bool wanted_ = false;
  bool gathering_ = false;
  bool begun_ = false;  // something was put in
  bool ended_ = true;
  Refusal refusal_;
  Time due_ = Time::max();
  std::string_view whole_;  // where it came with its head
  Buffer held_;
  Buffer taken_;  // what next() handed out last
};

}  // namespace souk::http
