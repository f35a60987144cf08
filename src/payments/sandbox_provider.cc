#include "payments/sandbox_provider.h"

#include <fmt/format.h>

#include <algorithm>

namespace souk::payments {

using postgres::Statement;
using rules::Step;
using runtime::Context;
using runtime::Task;
using Kind = postgres::Statement::Kind;

struct SandboxProvider::Booked {
  std::string reference;
  std::string method;
  std::string status;
  std::string reason;
  std::int32_t calls = 0;  // with this key

  static constexpr auto row() {
    return postgres::row_of(&Booked::reference, &Booked::method, &Booked::status, &Booked::reason,
                            &Booked::calls);
  }
};

namespace {

// The first authorisation with a key creates the charge, later ones read it.
constexpr Statement kAuthorise{
    .name = "sandbox.authorise",
    .sql =
        "WITH call AS (INSERT INTO sandbox_calls AS c (key) VALUES ($1) "
        "ON CONFLICT (key) DO UPDATE SET count = c.count + 1 RETURNING count), "
        "charge AS (INSERT INTO sandbox_charges "
        "(key, reference, method, amount, currency, status, reason) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) "
        "ON CONFLICT (key) DO UPDATE SET key = excluded.key "
        "RETURNING reference, method, status, reason) "
        "SELECT charge.*, call.count FROM charge, call",
    .kind = Kind::kWrite};

// From status $3 to $4; a charge in any other status is unchanged.
constexpr Statement kChange{
    .name = "sandbox.change",
    .sql =
        "WITH call AS (INSERT INTO sandbox_calls AS c (key) VALUES ($1) "
        "ON CONFLICT (key) DO UPDATE SET count = c.count + 1 RETURNING count), "
        "charge AS (UPDATE sandbox_charges SET status = CASE WHEN status <> $3 THEN status "
        "WHEN $4 = 'captured' AND method = 'sandbox-capture-declined' THEN 'failed' ELSE $4 END, "
        "refunded = CASE WHEN status = $3 AND $4 = 'refunded' THEN amount ELSE refunded END, "
        "reason = CASE WHEN method = 'sandbox-capture-declined' THEN 'expired' ELSE reason END "
        "WHERE reference = $2 RETURNING reference, method, status, reason) "
        "SELECT charge.*, call.count FROM charge, call",
    .kind = Kind::kWrite,
    .index = "sandbox_charges_reference_key"};

// Once for each key.
constexpr Statement kRefundPart{
    .name = "sandbox.refund_part",
    .sql =
        "WITH call AS (INSERT INTO sandbox_calls AS c (key) VALUES ($1) "
        "ON CONFLICT (key) DO UPDATE SET count = c.count + 1 RETURNING count), "
        "charge AS (UPDATE sandbox_charges SET refunded = refunded + part, status = CASE "
        "WHEN status = 'captured' AND refunded + part = amount THEN 'refunded' ELSE status END "
        "FROM (SELECT CASE count WHEN 1 THEN $3::bigint ELSE 0 END AS part FROM call) p "
        "WHERE reference = $2 RETURNING reference, method, status, reason) "
        "SELECT charge.*, call.count FROM charge, call",
    .kind = Kind::kWrite,
    .index = "sandbox_charges_reference_key"};

constexpr Statement kLookUp{
    .name = "sandbox.look_up",
    .sql = "SELECT reference, status, reason, amount, currency FROM sandbox_charges WHERE key = $1",
    .kind = Kind::kPoint,
    .index = "sandbox_charges_pkey"};

constexpr std::array kStatements = {&kAuthorise, &kChange, &kRefundPart, &kLookUp};

bool is_known(std::string_view method) {
  static constexpr std::array<std::string_view, 6> kKnown = {
      "sandbox-ok",           "sandbox-capture-declined", "sandbox-lost-authorise",
      "sandbox-lost-capture", "sandbox-lost-refund",      "sandbox-late"};
  return std::ranges::find(kKnown, method) != kKnown.end();
}

std::string_view refusal(const Authorisation& wanted) {
  if (wanted.method == "sandbox-declined") return "insufficient funds";
  if (!is_known(wanted.method)) return "unknown payment method";
  if (wanted.amount.amount >= SandboxProvider::kDeclinedFrom) return "over the limit";
  return {};
}

struct Change {
  Status from;
  Status to;
};
Change change_of(Step step) {
  if (step == Step::kCapture) return {Status::kAuthorised, Status::kCaptured};
  if (step == Step::kRefund) return {Status::kCaptured, Status::kRefunded};
  return {Status::kAuthorised, Status::kCancelled};
}

}  // namespace

std::span<const Statement* const> SandboxProvider::statements() { return kStatements; }

Task<Charge> SandboxProvider::authorise(Context& context, Authorisation wanted, std::string key) {
  const auto reason = refusal(wanted);
  const auto status = reason.empty() ? Status::kAuthorised : Status::kFailed;
  Booked booked;
  try {
    const auto rows = co_await pool_.query(
        context, kAuthorise, key, fmt::format("sandbox-{}", ids_.next().to_string()), wanted.method,
        wanted.amount.amount, wanted.amount.currency, name_of(kStatusNames, status), reason);
    booked = rows.one(Booked::row());
  } catch (const Failure& failure) {
    throw ProviderUnavailable(failure.what());
  }
  co_return co_await answer(context, Step::kAuthorise, std::move(booked));
}

Task<Charge> SandboxProvider::capture(Context& context, std::string reference, std::string key) {
  return change(context, Step::kCapture, std::move(reference), std::move(key));
}
Task<Charge> SandboxProvider::refund(Context& context, std::string reference, std::string key) {
  return change(context, Step::kRefund, std::move(reference), std::move(key));
}
Task<Charge> SandboxProvider::refund_part(Context& context, std::string reference, Money amount,
                                          std::string key) {
  Booked booked;
  try {
    const auto rows = co_await pool_.query(context, kRefundPart, key, reference, amount.amount);
    booked = rows.one(Booked::row());
  } catch (const Failure& failure) {
    throw ProviderUnavailable(failure.what());
  }
  co_return co_await answer(context, Step::kRefund, std::move(booked));
}
Task<Charge> SandboxProvider::cancel(Context& context, std::string reference, std::string key) {
  return change(context, Step::kCancel, std::move(reference), std::move(key));
}

Task<Charge> SandboxProvider::change(Context& context, Step step, std::string reference,
                                     std::string key) {
  const auto [from, to] = change_of(step);
  Booked booked;
  try {
    const auto rows = co_await pool_.query(context, kChange, key, reference,
                                           name_of(kStatusNames, from), name_of(kStatusNames, to));
    booked = rows.one(Booked::row());
  } catch (const Failure& failure) {
    throw ProviderUnavailable(failure.what());
  }
  co_return co_await answer(context, step, std::move(booked));
}

// The change is committed; from here on the answer may be lost.
Task<Charge> SandboxProvider::answer(Context& context, Step step, Booked booked) {
  if (booked.method == "sandbox-late" && step == Step::kCapture) {
    const auto remaining = context.remaining();
    co_await loop_.sleep(std::min<std::chrono::steady_clock::duration>(late_, remaining));
    if (remaining < late_) throw ProviderUnavailable("the provider took too long to answer");
  }
  if (booked.calls == 1 &&
      booked.method == fmt::format("sandbox-lost-{}", name_of(rules::kStepNames, step))) {
    throw ProviderUnavailable("the provider's answer was lost");
  }
  co_return Charge{.reference = std::move(booked.reference),
                   .status = value_of<Status>(kStatusNames, booked.status).value(),
                   .reason = std::move(booked.reason)};
}

Task<std::optional<Found>> SandboxProvider::look_up(Context& context, std::string key) {
  struct Row {
    std::string reference;
    std::string status;
    std::string reason;
    Money amount;
  };
  std::optional<Row> row;
  try {
    const auto rows = co_await pool_.query(context, kLookUp, key);
    row =
        rows.optional(postgres::row_of(&Row::reference, &Row::status, &Row::reason, &Row::amount));
  } catch (const Failure& failure) {
    throw ProviderUnavailable(failure.what());
  }
  if (!row) co_return std::nullopt;
  co_return Found{.charge = {.reference = std::move(row->reference),
                             .status = value_of<Status>(kStatusNames, row->status).value(),
                             .reason = std::move(row->reason)},
                  .amount = row->amount};
}

SignatureVerdict SandboxProvider::verify(std::string_view signature, std::string_view body) const {
  const auto verify = [&](std::string_view secret) {
    return verify_message(secret, signature, body, clock_.now(), webhooks_.tolerance);
  };
  const auto verdict = verify(webhooks_.secret);
  return verdict == SignatureVerdict::kForged ? verify(webhooks_.previous_secret) : verdict;
}

}  // namespace souk::payments
