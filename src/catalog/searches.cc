#include "catalog/searches.h"

#include <algorithm>

#include "catalog/search_store.h"

namespace souk::catalog {

using runtime::Context;
using runtime::Task;

namespace {

// Shortens the deadline of a context while it lives.
class OwnDeadline {
 public:
  OwnDeadline(Context& context, std::chrono::milliseconds timeout)
      : context_(context),
        given_(context.deadline),
        own_(std::chrono::steady_clock::now() + timeout) {
    context.deadline = std::min(given_, own_);
  }
  ~OwnDeadline() {
    if (!context_.cancelled) context_.deadline = given_;
  }
  OwnDeadline(const OwnDeadline&) = delete;
  OwnDeadline& operator=(const OwnDeadline&) = delete;

  // And not the one that was given, nor a cancellation.
  bool passed() const { return !context_.cancelled && own_ < given_; }

 private:
  Context& context_;
  const Context::Time given_;
  const Context::Time own_;
};

}  // namespace

SearchRefused::SearchRefused(Why why)
    : Unavailable(why == Why::kBusy ? "too many searches are running" : "the search took too long"),
      why_(why) {}

Searches::Searches(postgres::Pool& pool, runtime::Loop& loop, telemetry::Registry& registry,
                   const SearchConfig& config, std::size_t workers)
    : pool_(pool),
      max_running_(std::max<std::size_t>(config.max_running / workers, 1)),
      max_waiting_(std::max<std::size_t>(config.max_waiting / workers, 1)),
      timeout_(config.timeout),
      metrics_{registry},
      waiting_(loop) {}

// One of those that may run. It is handed to the one that waited longest, since a newcomer could
// otherwise take it.
class Searches::Turn {
 public:
  explicit Turn(Searches& owner) : owner_(owner) { owner.metrics_.running.add(1); }
  ~Turn() {
    owner_.metrics_.running.add(-1);
    if (!owner_.waiting_.wake_one()) --owner_.running_;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Searches& owner_;
};

Task<store::Listing> Searches::list(Context& context, const ProductQuery& query) {
  if (running_ < max_running_) {
    ++running_;
  } else {
    auto turn = waiting_.wait(timeout_);
    const runtime::StopOnCancel hook(context, turn);
    const bool full = waiting_.size() >= max_waiting_;
    if (full || !co_await turn) {
      if (context.cancelled) throw Timeout("nobody waits for the answer any more");
      metrics_.busy.increment();
      throw SearchRefused(SearchRefused::Why::kBusy);
    }
  }
  const Turn turn(*this);
  const OwnDeadline own(context, timeout_);
  try {
    auto listing = co_await search_store::list(pool_, context, query);
    (listing.bounded || listing.edge ? metrics_.bounded : metrics_.answered).increment();
    co_return listing;
  } catch (const Timeout&) {
    if (!own.passed()) throw;
    metrics_.too_long.increment();
    throw SearchRefused(SearchRefused::Why::kTooLong);
  }
}

}  // namespace souk::catalog
