// What operators see of the jobs, and do about those that were given up.
// Threading: one per worker. Ownership: borrows the pool and the bell, which outlive it.
#pragma once

#include "jobs/doorbell.h"
#include "jobs/store.h"

namespace souk::jobs {

class Inspector {
 public:
  Inspector(postgres::Pool& pool, Doorbell& bell) : pool_(pool), bell_(bell) {}

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
    bell_.ring();
    co_return replayed;
  }
  runtime::Task<bool> drop(runtime::Context& context, Uuid id) {
    return store::drop(pool_, context, id);
  }

 private:
  postgres::Pool& pool_;
  Doorbell& bell_;
};

}  // namespace souk::jobs
