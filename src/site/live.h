// Live updates of a dashboard: one text a second, rendered once and shared by all open streams.
//
// Threading: publish() and the counts from any thread; a Mailbox and its streams belong to one
// worker's loop. Ownership: outlives the mailboxes; a stream shares its mailbox.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/body.h"
#include "runtime/loop.h"
#include "runtime/wait_queue.h"
#include "telemetry/metrics.h"

namespace souk::site {

class Live {
 public:
  static constexpr std::size_t kMaxStreams = 200;  // of a node
  // A stream ends after that time; the browser opens it again, which checks its session again.
  static constexpr std::chrono::minutes kStreamTime{5};

  using Text = std::shared_ptr<const std::string>;

  class Mailbox {
   public:
    explicit Mailbox(runtime::Loop& loop) : loop_(loop), waiting_(loop) {}

   private:
    friend class Live;
    friend class LiveStream;

    runtime::Loop& loop_;
    runtime::WaitQueue waiting_;
    Text text_;
    std::uint64_t number_ = 0;  // of the text
    bool closed_ = false;
  };

  explicit Live(telemetry::Registry& registry);

  // Sends the text, whole events (HTML Standard, section 9.2), to all streams. `first` goes to
  // streams that are opened later.
  void publish(std::string text, std::string first);

  std::shared_ptr<Mailbox> open(runtime::Loop& loop);
  // Ends its streams. Called on the mailbox's loop.
  void close(const std::shared_ptr<Mailbox>& mailbox);

  // Null when there are too many.
  std::unique_ptr<http::BodyStream> stream(std::shared_ptr<Mailbox> mailbox);

 private:
  friend class LiveStream;

  std::atomic<std::size_t> streams_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Mailbox>> mailboxes_;  // guarded by mutex_
  Text first_;                                       // guarded by mutex_
  telemetry::Registration streams_metric_;
  telemetry::Registration refused_metric_;
};

}  // namespace souk::site
