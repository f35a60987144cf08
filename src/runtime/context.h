// What a request passes down to the database: its deadline, its cancellation, what it has spent,
// its trace. Threading: belongs to one request, hence to one worker. Ownership: the HTTP exchange;
// outlives everything the request calls.
#pragma once

#include <algorithm>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/spans.h"

namespace souk::runtime {

// Implemented by what waits on behalf of a request, to stop waiting when the request is cancelled.
class CancelHook : public boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  // Schedules the waiting coroutine on the loop; must not resume it directly.
  virtual void on_cancel() = 0;

 protected:
  ~CancelHook() = default;
};

struct Context {
  using Time = std::chrono::steady_clock::time_point;

  Time deadline = Time::max();
  std::uint32_t statements = 0;               // SQL statements sent for this request so far
  std::chrono::nanoseconds database_time{0};  // spent waiting for them
  bool cancelled = false;                     // the result is not needed any more
  bool cached_only = false;                   // overload: load nothing, return not_cached()
  bool not_cached = false;                    // set by not_cached()
  Spans* spans = nullptr;                     // what is done for it; null: nobody asks
  boost::intrusive::list<CancelHook, boost::intrusive::constant_time_size<false>> hooks = {};

  // Moves the deadline to now and calls every hook.
  void cancel() {
    cancelled = true;
    deadline = std::min(deadline, std::chrono::steady_clock::now());
    for (auto& hook : hooks) hook.on_cancel();
  }

  std::chrono::steady_clock::duration remaining(Time now = std::chrono::steady_clock::now()) const {
    return deadline == Time::max() ? std::chrono::steady_clock::duration::max() : deadline - now;
  }
};

// Of a request that may use only what is cached and needs more. A value: an exception through the
// coroutines of a request costs more than a request that is served from the cache.
inline std::unexpected<Error> not_cached(Context& context) {
  context.not_cached = true;
  return fail(ErrorCode::kOverloaded, "not cached");
}

// For the jobs that it appends: Spans::traceparent().
inline std::string traceparent_of(const Context& context) {
  return context.spans == nullptr ? std::string() : context.spans->traceparent();
}

// While it lives, cancelling the request calls waiting.stop_waiting().
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
