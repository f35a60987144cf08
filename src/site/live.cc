#include "site/live.h"

#include "site/metrics.h"

namespace souk::site {

using runtime::Task;

// The updates of one dashboard. A client that reads slower than they come misses some.
class LiveStream final : public http::BodyStream {
 public:
  // Has been counted by `live`.
  LiveStream(Live& live, std::shared_ptr<Live::Mailbox> mailbox, Live::Text first)
      : live_(live),
        mailbox_(std::move(mailbox)),
        first_(std::move(first)),
        until_(std::chrono::steady_clock::now() + Live::kStreamTime),
        seen_(mailbox_->number_) {}
  ~LiveStream() override { --live_.streams_; }

  Task<bool> next(Buffer& out) override {
    if (first_) {
      out.append("retry: 2000\n\n");
      out.append(*std::exchange(first_, nullptr));
      co_return true;
    }
    const auto number = seen_;
    while (mailbox_->number_ == number) {
      const auto left = until_ - std::chrono::steady_clock::now();
      if (mailbox_->closed_ || left <= left.zero()) co_return false;
      static_cast<void>(co_await mailbox_->waiting_.wait(left));
    }
    seen_ = mailbox_->number_;
    if (mailbox_->closed_) co_return false;
    out.append(*mailbox_->text_);
    co_return true;
  }

 private:
  Live& live_;
  const std::shared_ptr<Live::Mailbox> mailbox_;
  Live::Text first_;
  const std::chrono::steady_clock::time_point until_;
  std::uint64_t seen_;
};

Live::Live(telemetry::Registry& registry)
    : first_(std::make_shared<const std::string>()),
      streams_metric_(registry.callback(kMetrics.streams, {},
                                        [this] { return static_cast<double>(streams_.load()); })),
      refused_metric_(registry.callback(kMetrics.refused_streams, {},
                                        [this] { return static_cast<double>(refused_.load()); })) {}

void Live::publish(std::string text, std::string first) {
  const auto shared = std::make_shared<const std::string>(std::move(text));
  const std::lock_guard lock(mutex_);
  first_ = std::make_shared<const std::string>(std::move(first));
  // Under the lock: a mailbox in the list has a loop that lives.
  for (const auto& mailbox : mailboxes_) {
    mailbox->loop_.post([mailbox, shared] {
      mailbox->text_ = shared;
      ++mailbox->number_;
      mailbox->waiting_.wake_all();
    });
  }
}

std::shared_ptr<Live::Mailbox> Live::open(runtime::Loop& loop) {
  auto mailbox = std::make_shared<Mailbox>(loop);
  const std::lock_guard lock(mutex_);
  return mailboxes_.emplace_back(std::move(mailbox));
}

void Live::close(const std::shared_ptr<Mailbox>& mailbox) {
  {
    const std::lock_guard lock(mutex_);
    std::erase(mailboxes_, mailbox);
  }
  mailbox->closed_ = true;
  mailbox->waiting_.wake_all();
}

std::unique_ptr<http::BodyStream> Live::stream(std::shared_ptr<Mailbox> mailbox) {
  if (++streams_ > kMaxStreams) {
    --streams_;
    ++refused_;
    return nullptr;
  }
  Text first;
  {
    const std::lock_guard lock(mutex_);
    first = first_;
  }
  return std::make_unique<LiveStream>(*this, std::move(mailbox), std::move(first));
}

}  // namespace souk::site
