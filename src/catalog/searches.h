// Searches as they run in the database: few at once, each for a short time, so that orders never
// wait for their connections and processors.
//
// Threading: one per worker, loop thread only. Ownership: borrows its arguments, which outlive it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/failures.h"
#include "catalog/metrics.h"
#include "catalog/store.h"
#include "catalog/types.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "runtime/wait_queue.h"

namespace souk::catalog {

struct SearchConfig {
  std::size_t max_running = 4;             // in all workers together, at least one in each
  std::size_t max_waiting = 64;            // likewise
  std::chrono::milliseconds timeout{500};  // of a search, and of the wait for its turn
  std::string language;  // for `souk migrate`: a configuration of PostgreSQL's text search; empty:
                         // as the database has it
};

class SearchRefused final : public Unavailable {
 public:
  enum class Why : std::uint8_t { kBusy, kTooLong };
  explicit SearchRefused(Why why);
  Why why() const { return why_; }

 private:
  Why why_;
};

class Searches {
 public:
  Searches(postgres::Pool& pool, runtime::Loop& loop, telemetry::Registry& registry,
           const SearchConfig& config, std::size_t workers);

  // As search_store::list(). Throws SearchRefused and Unavailable.
  runtime::Task<store::Listing> list(runtime::Context& context, const ProductQuery& query);

 private:
  class Turn;
  postgres::Pool& pool_;
  // This worker's shares.
  const std::size_t max_running_;
  const std::size_t max_waiting_;
  const std::chrono::milliseconds timeout_;
  SearchMetrics metrics_;
  std::size_t running_ = 0;
  runtime::WaitQueue waiting_;
};

}  // namespace souk::catalog
