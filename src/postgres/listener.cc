#include "postgres/listener.h"

#include <fmt/format.h>

#include <algorithm>

#include "postgres/metrics.h"
#include "runtime/await.h"

namespace souk::postgres {
namespace {

using boost::asio::posix::descriptor_base;
using runtime::Task;
using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{50};

void ignore_notice(void*, const PGresult*) {}  // libpq's default prints it

struct FreeNotify {
  void operator()(PGnotify* notify) const { PQfreemem(notify); }
};

}  // namespace

class Listener::Patience final : public runtime::TimerWheel::Timer {
 public:
  explicit Patience(Listener& listener) : listener_(listener) {
    listener.too_late_ = false;
    listener.loop_.arm(*this, listener.config_.connect_timeout);
  }

 private:
  void on_timer() override {
    listener_.too_late_ = true;
    boost::system::error_code ignored;
    if (listener_.descriptor_.is_open()) listener_.descriptor_.cancel(ignored);
  }
  Listener& listener_;
};

Listener::Listener(runtime::Loop& loop, PoolConfig config, std::string channel,
                   telemetry::Registry& registry)
    : loop_(loop),
      config_(std::move(config)),
      channel_(std::move(channel)),
      failures_(registry.cell(kMetrics.connect_failures)),
      descriptor_(loop.io()),
      notified_(loop),
      stopped_(loop),
      backoff_(random_, kFirstPause, config_.max_probe_delay) {}

Listener::~Listener() { SOUK_ASSERT(!descriptor_.is_open()); }

void Listener::stop() {
  stopped_.set();
  boost::system::error_code ignored;
  if (descriptor_.is_open()) descriptor_.cancel(ignored);
}

Task<void> Listener::run() {
  while (!stopped_.is_set()) {
    if (co_await connect()) {
      co_await listen();
      ++changes_;
      notified_.set();
    } else if (!stopped_.is_set()) {
      failures_.increment();
    }
    if (descriptor_.is_open()) descriptor_.release();  // libpq closes it
    session_.reset();
    co_await stopped_.wait(backoff_.next());
  }
}

// libpq may replace its socket between two steps, so each wait registers it anew.
Task<void> Listener::wait_for_socket(bool readable) {
  descriptor_.assign(PQsocket(session_.get()));
  co_await descriptor_.async_wait(
      readable ? descriptor_base::wait_read : descriptor_base::wait_write, runtime::await);
  if (descriptor_.is_open()) descriptor_.release();
}

Task<bool> Listener::connect() {
  const Patience patience(*this);
  session_ = start_session(config_);
  if (!session_ || PQstatus(session_.get()) == CONNECTION_BAD) co_return false;
  PQsetNoticeReceiver(session_.get(), &ignore_notice, nullptr);
  for (auto step = PGRES_POLLING_WRITING; step != PGRES_POLLING_OK;) {
    co_await wait_for_socket(step == PGRES_POLLING_READING);
    if (stopped_.is_set() || too_late_) co_return false;
    step = PQconnectPoll(session_.get());
    if (step == PGRES_POLLING_FAILED) co_return false;
  }
  co_return PQsetnonblocking(session_.get(), 1) == 0 && send_query(session_sql(config_));
}

bool Listener::send_query(const std::string& sql) {
  return PQsendQuery(session_.get(), sql.c_str()) == 1 && PQflush(session_.get()) == 0;
}

// Runs until the connection is lost.
Task<void> Listener::listen() {
  descriptor_.assign(PQsocket(session_.get()));
  bool is_set_up = false;
  while (!stopped_.is_set()) {
    co_await descriptor_.async_wait(descriptor_base::wait_read, runtime::await);
    if (stopped_.is_set() || PQconsumeInput(session_.get()) != 1) co_return;
    while (PQisBusy(session_.get()) == 0) {
      PGresult* const result = PQgetResult(session_.get());
      if (result == nullptr) {
        if (is_set_up) break;
        is_set_up = true;
        if (!send_query(fmt::format("LISTEN {}", channel_))) co_return;
        continue;
      }
      const bool refused = PQresultStatus(result) == PGRES_FATAL_ERROR;
      PQclear(result);
      if (refused) {  // a standby refuses LISTEN
        failures_.increment();
        co_return;
      }
      if (!is_set_up) continue;
      backoff_.reset();
      ++changes_;
      notified_.set();  // earlier notifications were missed: look now
    }
    while (const std::unique_ptr<PGnotify, FreeNotify> told{PQnotifies(session_.get())}) {
      notified_.set();
    }
  }
}

}  // namespace souk::postgres
