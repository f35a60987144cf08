#include "accounts/principals.h"

#include <algorithm>
namespace souk::accounts {

using runtime::Context;
using runtime::Task;

struct Principals::Batch final : runtime::TurnEndHook {
  explicit Batch(runtime::Loop& loop) : complete(loop), answered(loop) {}
  void at_turn_end() override { complete.set(); }

  std::vector<TokenHash> tokens;
  runtime::Event complete;  // closed for new tokens
  runtime::Event answered;
  std::optional<Found> found;  // sorted; nothing: the look-up failed
};

namespace {

std::optional<Principal> of_token(std::span<const store::SignedIn> found, const TokenHash& token) {
  const auto place = std::ranges::lower_bound(found, token, {}, &store::SignedIn::token);
  if (place == found.end() || place->token != token) return std::nullopt;
  return place->principal;
}

}  // namespace

Task<std::optional<Principal>> Principals::find(Context& context, const TokenHash& token) {
  const bool first = !open_ || open_->tokens.size() == kMaxTogether;
  if (first) open_ = std::make_shared<Batch>(loop_);
  const auto batch = open_;
  batch->tokens.push_back(token);
  if (first) {
    co_await look_up(context, *batch);
    co_return of_token(*batch->found, token);
  }
  const auto begun = std::chrono::steady_clock::now();
  if (!co_await batch->answered.wait(context.remaining(begun))) {
    throw Timeout("the deadline passed while the token was looked up");
  }
  context.database_time += std::chrono::steady_clock::now() - begun;
  if (batch->found) {
    ++context.statements;
    co_return of_token(*batch->found, token);
  }
  // The batch may have failed for reasons of the first caller (deadline, refusal): look this token
  // up alone.
  const auto alone = co_await ask(context, {&token, 1});
  co_return of_token(alone, token);
}

Task<Principals::Found> Principals::ask(Context& context, std::span<const TokenHash> tokens) {
  const auto now = clock_.now();
  auto found = co_await store::principals(pool_, context, tokens, now, now - uses_kept_for_);
  for (const auto& session : found) {
    if (session.use_is_due) uses_.add(session.token);
  }
  co_return found;
}

Task<void> Principals::look_up(Context& context, Batch& batch) {
  loop_.at_turn_end(batch);
  co_await batch.complete.wait();
  if (open_.get() == &batch) open_.reset();
  try {
    batch.found = co_await ask(context, batch.tokens);
  } catch (...) {
    batch.answered.set();
    throw;
  }
  batch.answered.set();
}

}  // namespace souk::accounts
