// Finds the users of tokens. All tokens requested in one turn of the loop are looked up by one
// statement, which costs the database little more than a single look-up.
//
// Threading: loop thread only. Ownership: borrows all it is made from, which outlive it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "accounts/session_uses.h"
#include "accounts/store.h"
#include "accounts/token.h"
#include "accounts/types.h"
#include "base/clock.h"
#include "postgres/pool.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "runtime/wait_queue.h"

namespace souk::accounts {

class Principals {
 public:
  static constexpr std::size_t kMaxTogether = 256;  // tokens per statement

  // Sessions whose last noted use is `uses_kept_for` old are added to `uses`.
  Principals(postgres::Pool& pool, runtime::Loop& loop, const Clock& clock, SessionUses& uses,
             std::chrono::milliseconds uses_kept_for)
      : pool_(pool), loop_(loop), clock_(clock), uses_(uses), uses_kept_for_(uses_kept_for) {}

  // Nothing when the token is unknown or expired, or its user was deactivated. Counts as one
  // statement of the context. Throws Unavailable.
  runtime::Task<std::optional<Principal>> find(runtime::Context& context, const TokenHash& token);

 private:
  struct Batch;
  using Found = std::vector<store::SignedIn>;

  runtime::Task<Found> ask(runtime::Context& context, std::span<const TokenHash> tokens);
  // Run by the first caller, with its context.
  runtime::Task<void> look_up(runtime::Context& context, Batch& batch);

  postgres::Pool& pool_;
  runtime::Loop& loop_;
  const Clock& clock_;
  SessionUses& uses_;
  const std::chrono::milliseconds uses_kept_for_;
  std::shared_ptr<Batch> open_;  // null: none in this turn
};

}  // namespace souk::accounts
