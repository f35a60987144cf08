// The server's part in reading a body, for a session without a socket: the reader waits until the
// driver calls arrived().
// Threading: one thread. Ownership: borrows the session, which outlives what it reads.
#pragma once

#include <coroutine>
#include <utility>

#include "http/session.h"

namespace souk::http::test {

class TestBodySource final : public BodySource {
 public:
  explicit TestBodySource(Exchanges& session) : session_(session) {}

  // Reads the body of this exchange from now on.
  void read(Exchange& exchange) {
    exchange_ = &exchange;
    exchange.body.set_source(*this);
  }
  bool awaited() const { return static_cast<bool>(reader_); }
  // Resumes the waiting reader.
  void arrived() {
    if (reader_) std::exchange(reader_, nullptr).resume();
  }

 private:
  void wanted() override { session_.body_wanted(*exchange_); }
  runtime::Task<void> more(IncomingBody& body) override {
    struct Wait {
      std::coroutine_handle<>& reader;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> awaiting) const { reader = awaiting; }
      void await_resume() const noexcept {}
    };
    session_.body_wanted(*exchange_);
    while (!body.ready()) co_await Wait{reader_};
  }

  void changed() override {}

  Exchanges& session_;
  Exchange* exchange_ = nullptr;
  std::coroutine_handle<> reader_;
};

}  // namespace souk::http::test
