// Joins the writes of many coroutines: a batch is written when it has `max_items`, or `max_delay`
// after its first item (RFC-004, section 5). add() returns once its item is written, so that a job
// is acknowledged only after the write that it asked for.
// When an item may be to blame for a failure, the batch is divided in halves until it is alone:
// only the bad ones fail.
//
// Threading: loop thread only. Ownership: borrows the loop and what `write` borrows; close() before
// it is destroyed.
#pragma once

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "jobs/config.h"
#include "jobs/dead_parts.h"
#include "jobs/metrics.h"
#include "runtime/scope.h"

namespace souk::jobs {

template <class Item>
class BatchWriter final : private runtime::TimerWheel::Timer {
 public:
  // Writes all items, or throws and writes none. Calls for different batches may overlap.
  using Write = std::function<runtime::Task<void>(std::span<const Item>)>;

  BatchWriter(runtime::Loop& loop, BatchLimits limits, Write write, BatchMetrics metrics)
      : loop_(loop), limits_(limits), write_(std::move(write)), metrics_(metrics), scope_(loop) {}
  ~BatchWriter() override { SOUK_ASSERT(!open_); }

  // Throws the exception of the write that held this item.
  runtime::Task<void> add(Item item) {
    const auto begun = std::chrono::steady_clock::now();
    const auto place = put(std::move(item));
    co_await place.batch->done.wait();
    metrics_.wait.observe(std::chrono::steady_clock::now() - begun);
    if (const auto& failure = place.failure()) std::rethrow_exception(failure);
  }

  // Returns when each item is written or refused; throws the first failure.
  runtime::Task<void> add_all(std::vector<Item> items) {
    for (const auto& failure : co_await try_all(std::move(items))) {
      if (failure) std::rethrow_exception(failure);
    }
  }

  // As add_all(), but returns the failure of each item; null: it is written.
  runtime::Task<std::vector<std::exception_ptr>> try_all(std::vector<Item> items) {
    const auto begun = std::chrono::steady_clock::now();
    std::vector<Place> places;
    places.reserve(items.size());
    for (auto& item : items) places.push_back(put(std::move(item)));
    std::vector<std::exception_ptr> failures;
    failures.reserve(places.size());
    for (const auto& place : places) {
      co_await place.batch->done.wait();
      failures.push_back(place.failure());
    }
    metrics_.wait.observe(std::chrono::steady_clock::now() - begun);
    co_return failures;
  }

  // Writes the open batch, and from now on every item at once.
  void drain() {
    closing_ = true;
    if (open_) flush(metrics_.closing);
  }
  // Returns when everything is written. REQUIRES: no add() from now on.
  runtime::Task<void> close() {
    drain();
    co_await scope_.join();
  }

  std::size_t waiting() const { return open_ ? open_->items.size() : 0; }

 private:
  struct Batch {
    explicit Batch(runtime::Loop& loop) : done(loop) {}
    std::vector<Item> items;
    std::vector<std::exception_ptr> failures;  // of each item, when `done`
    runtime::Event done;
  };

  struct Place {
    std::shared_ptr<Batch> batch;
    std::size_t index;
    const std::exception_ptr& failure() const { return batch->failures[index]; }
  };

  Place put(Item item) {
    if (!open_) {
      open_ = std::make_shared<Batch>(loop_);
      loop_.arm(*this, limits_.max_delay);
    }
    Place place{open_, open_->items.size()};
    open_->items.push_back(std::move(item));
    if (open_->items.size() >= limits_.max_items) {
      flush(metrics_.full);
    } else if (closing_) {
      flush(metrics_.closing);
    }
    return place;
  }

  void on_timer() override { flush(metrics_.late); }

  void flush(telemetry::Counter& reason) {
    cancel();
    reason.increment();
    metrics_.size.observe(static_cast<double>(open_->items.size()));
    scope_.spawn(write(std::exchange(open_, nullptr)));
  }

  runtime::Task<void> write(std::shared_ptr<Batch> batch) {
    batch->failures.resize(batch->items.size());
    co_await write_or_divide(batch->items, batch->failures);
    batch->done.set();
  }

  // Returns a failure that no item is to blame for: nothing more is tried then.
  runtime::Task<std::exception_ptr> write_or_divide(std::span<const Item> items,
                                                    std::span<std::exception_ptr> failures) {
    std::exception_ptr failure;
    try {
      co_await write_(items);
    } catch (...) {
      failure = std::current_exception();
    }
    const bool divides = failure && items.size() > 1 && blames_items(failure);
    if (!divides) {
      std::ranges::fill(failures, failure);
      co_return failure&& blames_items(failure) ? nullptr : failure;
    }
    const auto half = items.size() / 2;
    failure = co_await write_or_divide(items.first(half), failures.first(half));
    if (!failure) co_return co_await write_or_divide(items.subspan(half), failures.subspan(half));
    std::ranges::fill(failures.subspan(half), failure);
    co_return failure;
  }

  runtime::Loop& loop_;
  const BatchLimits limits_;
  const Write write_;
  const BatchMetrics metrics_;
  bool closing_ = false;
  std::shared_ptr<Batch> open_;  // takes items; null: none since the last flush
  runtime::Scope scope_;
};

}  // namespace souk::jobs
