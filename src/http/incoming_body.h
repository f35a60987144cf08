// The body of a request while it arrives. Nothing is read until a reader asks for it: then it comes
// in pieces, or gathered up to a limit. The session puts received bytes in, the dispatcher or a
// handler takes them out, and the connection suspends the reader until more arrive.
//
// Threading: belongs to one worker; one reader at a time. Ownership: owns received bytes that were
// not taken. A body that arrived with its head is a view into the session's input, which does not
// move during the exchange.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string_view>

#include "base/buffer.h"
#include "http/coding/decoder.h"
#include "http/refusal.h"
#include "runtime/task.h"

namespace souk::http {

class IncomingBody;

// Implemented by the one that runs the exchange.
class BodySource {
 public:
  BodySource() = default;
  BodySource(const BodySource&) = delete;
  BodySource& operator=(const BodySource&) = delete;
  virtual ~BodySource() = default;
  // A reader has called want().
  virtual void wanted() = 0;
  // Returns when bytes have arrived, the body has ended or failed, or its time is up: it has then
  // failed with 408.
  virtual runtime::Task<void> more(IncomingBody& body) = 0;
  // The body has more bytes, has ended or failed. May only schedule the waiting reader: called from
  // within the session.
  virtual void changed() = 0;
};

class IncomingBody {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // The most that is buffered for a reader of pieces that is slower than its client.
  static constexpr std::size_t kWindowBytes = 64 * 1024;

  // For the reader: fits(), want(), and then gather() or next().
  //
  // False: the announced length exceeds the limit.
  bool fits(std::size_t max_bytes) const { return length_.value_or(0) <= max_bytes; }
  // Starts reading, up to a limit; a client that sent Expect: 100-continue is answered 100.
  void want(std::size_t max_bytes);
  // The content is coded: gather() and next() decode it, up to the limit of want() again. Call it
  // before them.
  void decode_by(std::unique_ptr<Decoder> decoder) { decoder_ = std::move(decoder); }
  bool is_coded() const { return decoder_ != nullptr; }
  // The whole body, valid as long as the exchange.
  runtime::Task<std::expected<std::string_view, Refusal>> gather();
  // The next bytes, valid until the next call; empty at the end.
  runtime::Task<std::expected<std::string_view, Refusal>> next();
  // REQUIRES: ended, and nothing taken by next(); decoded after gather() only.
  std::string_view whole() const { return held_.empty() ? whole_ : held_.view(); }

  // The announced length; nothing: unknown.
  std::optional<std::uint64_t> length() const { return length_; }
  bool ended() const { return ended_; }
  bool failed() const { return static_cast<bool>(refusal_); }

  // For the connection: call set_source() before the dispatcher gets the exchange.
  void set_source(BodySource& source) { source_ = &source; }
  // Whether the waiting reader can continue.
  bool ready() const { return ended_ || failed() || (!gathering_ && !held_.empty()); }
  // The reader looks again, for another reason than the body's bytes.
  void wake_reader() {
    if (source_ != nullptr) source_->changed();
  }
  void fail(Refusal refusal) {
    refusal_ = refusal;
    notify();
  }
  // The deadline of the whole body: `first` at the first call, the same time afterwards.
  Time due(Time first) { return due_ == Time::max() ? due_ = first : due_; }

  // For the session.
  void begin(std::optional<std::uint64_t> length);
  void begin_empty();
  // Whether a reader asked for it and there is room; the total is at most max_bytes().
  bool wants_more() const {
    return wanted_ && !ended_ && !failed() && (gathering_ || held_.size() < kWindowBytes);
  }
  bool wanted() const { return wanted_; }
  std::size_t max_bytes() const { return max_bytes_; }
  void put(std::string_view bytes) {
    held_.append(bytes);
    received_ += bytes.size();
    begun_ = begun_ || !bytes.empty();
    notify();
  }
  std::uint64_t received() const { return received_; }
  bool has_begun() const { return begun_; }
  // Bytes that the reader has not taken.
  std::size_t held_bytes() const { return held_.size(); }
  bool is_gathered() const { return gathering_; }
  void end() {
    ended_ = true;
    notify();
  }
  // The whole body as a view. REQUIRES: nothing was put in before.
  void end_whole(std::string_view bytes) {
    whole_ = bytes;
    end();
  }
  // Discards the buffered bytes, and frees large buffers.
  void recycle();

 private:
  static constexpr std::size_t kRetainedBytes = 4 * 1024;

  void notify() {
    if (ready()) wake_reader();
  }
  runtime::Task<std::expected<std::string_view, Refusal>> next_received();
  // Decodes what is in `coded_` into `decoded_`, up to `room` bytes. A failed body is refused.
  Decoder::Status decode(std::size_t room);

  BodySource* source_ = nullptr;
  std::optional<std::uint64_t> length_;
  std::size_t max_bytes_ = 0;
  std::uint64_t received_ = 0;  // by put()
  bool wanted_ = false;
  bool gathering_ = false;
  bool begun_ = false;  // bytes were put in
  bool ended_ = true;
  Refusal refusal_;
  Time due_ = Time::max();
  std::string_view whole_;  // when it arrived with its head
  Buffer held_;
  Buffer taken_;  // the last result of next_received()

  std::unique_ptr<Decoder> decoder_;
  std::string_view coded_;         // received, not decoded yet
  Buffer decoded_;                 // the result of gather() or of the last next()
  std::size_t decoded_bytes_ = 0;  // in all
};

}  // namespace souk::http
