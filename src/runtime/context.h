// What travels with one request down to the database: its deadline and what it has spent.
// Threading: belongs to one request, hence to one worker. Ownership: the HTTP exchange; outlives
// everything the request calls.
#pragma once

#include <algorithm>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <string>

namespace souk::runtime {

// Who waits on behalf of a request, to be told when nobody wants its answer any more.
class CancelHook : public boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  // Wakes whoever waits, by way of the loop; runs nothing of it.
  virtual void on_cancel() = 0;

 protected:
  ~CancelHook() = default;
};

struct Context {
  using Time = std::chrono::steady_clock::time_point;

  Time deadline = Time::max();
  std::uint32_t statements = 0;               // SQL statements sent for this request so far
  std::chrono::nanoseconds database_time{0};  // spent waiting for them
  std::string trace_id = {};                  // 32 hexadecimal digits, or empty
  bool cancelled = false;                     // nobody wants the answer any more
  boost::intrusive::list<CancelHook, boost::intrusive::constant_time_size<false>> hooks = {};

  // From now on there is no time left, and whoever waits is told.
  void cancel() {
    cancelled = true;
    deadline = std::min(deadline, std::chrono::steady_clock::now());
    for (auto& hook : hooks) hook.on_cancel();
  }

  std::chrono::steady_clock::duration remaining(Time now = std::chrono::steady_clock::now()) const {
    return deadline == Time::max() ? std::chrono::steady_clock::duration::max() : deadline - now;
  }
};

// While it lives, what waits stops waiting when the request is cancelled.
template <class Waiting>
class StopOnCancel final : public CancelHook {
 public:
  StopOnCancel(Context& context, Waiting& waiting) : waiting_(waiting) {
    context.hooks.push_back(*this);
  }
  void on_cancel() override { waiting_.stop_waiting(); }

 private:
  Waiting& waiting_;
};

}  // namespace souk::runtime
