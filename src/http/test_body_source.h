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
  explicit TestBodySource(Session& session) : session_(session) {}

  bool awaited() const { return static_cast<bool>(reader_); }
  // Resumes the waiting reader.
  void arrived() {
    if (reader_) std::exchange(reader_, nullptr).resume();
  }

 private:
  void wanted() override { session_.bodies_wanted(); }
  runtime::Task<void> more(IncomingBody& body) override {
    struct Wait {
      std::coroutine_handle<>& reader;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> awaiting) const { reader = awaiting; }
      void await_resume() const noexcept {}
    };
    session_.bodies_wanted();
    while (!body.ready()) co_await Wait{reader_};
  }

  Session& session_;
  std::coroutine_handle<> reader_;
};

}  // namespace souk::http::test
