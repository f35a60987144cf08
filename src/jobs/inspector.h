// An operator's view of jobs, and the replay and deletion of dead letters.
// Threading: one per worker. Ownership: borrows the pool and the notifier, which outlive it.
#pragma once

#include "jobs/notifier.h"
#include "jobs/store.h"

namespace souk::jobs {

class Inspector {
 public:
  Inspector(postgres::Pool& pool, Notifier& notifier) : pool_(pool), notifier_(notifier) {}

  // Every function is one statement; see store.h.
  runtime::Task<std::vector<store::KindState>> kinds(runtime::Context& context) {
    return store::kinds(pool_, context);
  }
  runtime::Task<std::vector<store::DeadLetter>> dead_letters(
      runtime::Context& context, const std::optional<std::string>& kind) {
    return store::dead_letters(pool_, context, kind);
  }
  runtime::Task<std::int64_t> replay(runtime::Context& context, const store::Selection& selection) {
    const auto replayed = co_await store::replay(pool_, context, selection);
    notifier_.notify();
    co_return replayed;
  }
  runtime::Task<bool> drop(runtime::Context& context, Uuid id) {
    return store::drop(pool_, context, id);
  }

 private:
  postgres::Pool& pool_;
  Notifier& notifier_;
};

}  // namespace souk::jobs
