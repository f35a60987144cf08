// Work that is done again and again until it is stopped. What it throws is reported, never passed
// on, and it is tried again after a pause.
//
// Threading: one loop. Ownership: the task owns the work, and borrows the events and the reporter.
#pragma once

#include <chrono>
#include <concepts>
#include <exception>
#include <optional>
#include <type_traits>

#include "runtime/task.h"
#include "runtime/wait_queue.h"

namespace souk::runtime {

struct Schedule {
  using Duration = std::chrono::steady_clock::duration;

  Duration interval;                        // from the end of one round to the next
  std::optional<Duration> after_failure{};  // instead of the interval
  bool at_once = false;                     // the first round does not wait for an interval
  // Ends an interval early, never the pause after a failure; reset when a round begins. A caller
  // that stops the work sets it, too.
  Event* wake = nullptr;
};

// `work()` gives the task of one round; where that returns bool, false says that nothing was tried.
// `failures` has failed(const std::exception&) and succeeded(), as telemetry::FailureReporter. What
// fails once it is stopped is not reported.
template <class Failures, std::invocable Work>
Task<void> repeat(Event& stopped, Schedule schedule, Failures& failures, Work work) {
  bool failed = false;
  for (bool waits = !schedule.at_once;; waits = true) {
    if (waits && schedule.wake != nullptr && !failed) {
      co_await schedule.wake->wait(schedule.interval);
    } else if (waits) {
      co_await stopped.wait(failed ? schedule.after_failure.value_or(schedule.interval)
                                   : schedule.interval);
    }
    if (stopped.is_set()) co_return;
    if (schedule.wake != nullptr) schedule.wake->reset();
    failed = false;
    try {
      if constexpr (std::same_as<std::invoke_result_t<Work&>, Task<bool>>) {
        if (co_await work()) failures.succeeded();
      } else {
        co_await work();
        failures.succeeded();
      }
    } catch (const std::exception& error) {
      failed = true;
      if (!stopped.is_set()) failures.failed(error);
    }
  }
}

}  // namespace souk::runtime
