#include "checkout/reservations.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "catalog/rules.h"
#include "catalog/store.h"
#include "checkout/error_codes.h"
#include "checkout/line_changes.h"
#include "checkout/rules.h"
#include "inventory/reservation_store.h"
#include "inventory/rules.h"
#include "inventory/store.h"

namespace souk::checkout {

using inventory::Line;
using inventory::Movement;
using inventory::Reason;
using inventory::Reservation;
using inventory::ReservationStatus;
using runtime::Context;
using runtime::Task;

namespace {

namespace holds = inventory::reservation_store;
namespace stocks = inventory::store;

std::vector<ProductId> products_of(std::span<const Line> lines) {
  std::vector<ProductId> products;
  for (const auto& line : lines) products.push_back(line.product_id);
  return products;
}

// Releases the units and commits; returns the changed stocks. REQUIRES: locked by the transaction.
Task<std::vector<inventory::Changed>> close(postgres::Transaction& transaction,
                                            std::span<const Reservation> reservations,
                                            ReservationStatus status) {
  std::vector<ReservationId> ids;
  std::vector<Movement> movements;
  std::vector<ProductId> products;
  for (const auto& reservation : reservations) {
    ids.push_back(reservation.id);
    for (const auto& line : lines_left(reservation)) {
      movements.push_back({.product_id = line.product_id,
                           .reserved = -line.quantity,
                           .reason = Reason::kReleased,
                           .cause = reservation.id.value});
      products.push_back(line.product_id);
    }
  }
  const auto rows = co_await transaction.pipeline_and_commit(
      stocks::lock_all(products), stocks::promise(movements), holds::close(ids, status));
  co_return stocks::read_changed(rows[1]);
}

Result<> all_for_sale(const std::vector<catalog::SaleItem>& items,
                      std::span<const ProductId> products) {
  for (const auto& product : products) {
    if (const auto found = catalog::rules::for_sale(items, product); !found) {
      return std::unexpected(found.error());
    }
  }
  return {};
}

// Whether expired reservations of the products are to be ended first; then it rolls back.
Task<bool> has_ended_holds(postgres::Transaction& transaction,
                           std::span<const inventory::Stock> locked,
                           std::span<const ProductId> products) {
  if (std::ranges::none_of(locked, [](const auto& stock) { return stock.reserved > 0; })) {
    co_return false;
  }
  const auto ended = co_await transaction.pipeline(holds::ended(products));
  if (ended[0].empty()) co_return false;
  co_await transaction.rollback();
  co_return true;
}

}  // namespace

Task<Result<Reservations::Outcome>> Reservations::hold(Context& context, UserId user,
                                                       std::vector<Line> lines,
                                                       std::optional<std::chrono::seconds> time,
                                                       Origin origin) {
  const std::chrono::milliseconds wanted =
      time.value_or(std::chrono::duration_cast<std::chrono::seconds>(limits_.hold_time));
  if (const auto valid = check(wanted); !valid) co_return std::unexpected(valid.error());
  const Reservation reservation{
      .id = ReservationId{ids_.next()}, .user_id = user, .lines = std::move(lines)};
  for (int sweeps = 0;; ++sweeps) {
    auto outcome = co_await pool_.retry(context, [&] {
      return try_to_hold(context, reservation, wanted, origin, sweeps < kMaxSweeps);
    });
    if (outcome) co_return *std::move(outcome);
    co_await expire_due_of(pool_, context, products_of(reservation.lines));
  }
}

Task<std::optional<Result<Reservations::Outcome>>> Reservations::try_to_hold(
    Context& context, Reservation reservation, std::chrono::milliseconds time, Origin origin,
    bool may_sweep) {
  const auto& user = reservation.user_id;
  const auto products = products_of(reservation.lines);
  const auto network = origin.limited ? origin.network : std::nullopt;
  std::vector<postgres::Call> calls;
  calls.push_back(holds::lock_holder(user));
  if (network) calls.push_back(holds::lock_holder(*network));
  calls.push_back(holds::held_by(user));
  if (network) calls.push_back(holds::held_by(*network));
  calls.push_back(stocks::lock(products));
  calls.push_back(catalog::store::sale_items(products));
  const auto stamp = inventory_.stamp();
  auto transaction = co_await pool_.begin(context);
  const auto rows = co_await transaction.pipeline(std::move(calls));
  const std::size_t answers = network ? 2 : 1;
  if (origin.limited) {
    const auto allowed =
        check(holds::read_held(rows[answers]),
              network ? std::optional(holds::read_held(rows[answers + 1])) : std::nullopt,
              {.reservations = 1, .units = rules::units_of(reservation.lines)});
    if (!allowed) co_return std::unexpected(allowed.error());
  }
  const auto items = catalog::store::read_sale_items(rows[2 * answers + 1]);
  if (const auto sold = all_for_sale(items, products); !sold) {
    co_return std::unexpected(sold.error());
  }
  const auto locked = stocks::read_stocks(rows[2 * answers]);
  inventory::rules::Shelf shelf(locked);
  if (auto shortages = shelf.take(reservation.lines); !shortages.empty()) {
    if (may_sweep && co_await has_ended_holds(transaction, locked, products))
      co_return std::nullopt;
    co_return Outcome(std::move(shortages));
  }

  std::vector<Movement> movements;
  for (const auto& line : reservation.lines) {
    movements.push_back({.product_id = line.product_id,
                         .reserved = line.quantity,
                         .reason = Reason::kHeld,
                         .cause = reservation.id.value});
  }
  const auto written = co_await transaction.pipeline_and_commit(
      stocks::promise(movements), holds::insert(reservation, time, network));
  reservation.expires_at = holds::read_expiry(written[1]);
  inventory_.write_through(stocks::read_changed(written[0]), stamp);
  co_return Outcome(std::move(reservation));
}

Result<> Reservations::check(std::chrono::milliseconds time) const {
  if (time >= std::chrono::seconds(1) && time <= limits_.max_hold_time) return {};
  return fail(
      ErrorCode::kValidationFailed, "the reservation is not valid",
      {{"/seconds", fmt::format("must be 1 to {}", limits_.max_hold_time.count() / 1'000)}});
}

Result<> Reservations::check(Held user, std::optional<Held> network, Held added) const {
  const auto above = [](std::int64_t count, std::size_t limit) {
    return limit != 0 && std::cmp_greater(count, limit);
  };
  if (above(user.reservations + added.reservations, limits_.max_held)) {
    return fail(ErrorCode::kLimitReached,
                fmt::format("at most {} reservations may be held at a time", limits_.max_held));
  }
  if (above(user.units + added.units, limits_.max_units_per_user)) {
    return fail(ErrorCode::kLimitReached,
                fmt::format("at most {} units may be held at a time", limits_.max_units_per_user));
  }
  if (network && (above(network->reservations + added.reservations, limits_.max_held_per_network) ||
                  above(network->units + added.units, limits_.max_units_per_network))) {
    return fail(ErrorCode::kTooManyRequests,
                "too many reservations, or units in them, are held from this network");
  }
  return {};
}

Task<Result<Reservation>> Reservations::find(Context& context, ReservationId id, UserId user) {
  auto found = co_await holds::find(pool_, context, id);
  if (!found || found->user_id != user) {
    co_return fail(ErrorCode::kNotFound, "there is no such reservation");
  }
  found->lines = lines_left(*found);
  co_return *std::move(found);
}

Task<std::vector<Reservation>> Reservations::list(Context& context, UserId user) {
  auto held = co_await holds::list_held(pool_, context, user);
  for (auto& reservation : held) reservation.lines = lines_left(reservation);
  co_return held;
}

Task<Result<Reservations::Outcome>> Reservations::change(Context& context, ReservationId id,
                                                         UserId user, HoldChange wanted,
                                                         Origin origin) {
  if (wanted.seconds) {
    const auto valid = check(std::chrono::seconds(*wanted.seconds));
    if (!valid) co_return std::unexpected(valid.error());
  }
  const Reservation of{.id = id, .user_id = user, .expires_at = {}, .lines = {}};
  for (int sweeps = 0;; ++sweeps) {
    auto outcome = co_await pool_.retry(
        context, [&] { return try_to_change(context, of, wanted, origin, sweeps < kMaxSweeps); });
    if (outcome) co_return *std::move(outcome);
    co_await expire_due_of(pool_, context, products_of(wanted.lines));
  }
}

Task<std::optional<Result<Reservations::Outcome>>> Reservations::try_to_change(
    Context& context, const Reservation& of, const HoldChange& wanted, Origin origin,
    bool may_sweep) {
  const std::span<const UserId> users(&of.user_id, 1);
  const auto network = origin.limited ? origin.network : std::nullopt;
  std::vector<postgres::Call> calls;
  calls.push_back(holds::lock_holder(of.user_id));
  if (network) calls.push_back(holds::lock_holder(*network));
  calls.push_back(holds::held_by(of.user_id));
  if (network) calls.push_back(holds::held_by(*network));
  calls.push_back(holds::lock_held(users));
  const auto stamp = inventory_.stamp();
  auto transaction = co_await pool_.begin(context);
  const auto rows = co_await transaction.pipeline(std::move(calls));
  auto held = holds::read_all(rows.back());
  const auto found = std::ranges::find(held, of.id, &Reservation::id);
  if (found == held.end()) {
    co_await transaction.rollback();
    const auto over = co_await find(context, of.id, of.user_id);
    if (!over) co_return std::unexpected(over.error());
    co_return fail(errors::kReservationNotHeld, "the reservation is over");
  }
  const LineChanges changes(*found, wanted.lines);
  if (changes.lines.size() > orders::kMaxLines) {
    co_return fail(ErrorCode::kValidationFailed, "the reservation is not valid",
                   {{"/items", fmt::format("must not make it more than {} different products, "
                                           "those that it had included",
                                           orders::kMaxLines)}});
  }
  if (origin.limited && changes.units > 0) {
    const auto of_network = network ? std::optional(holds::read_held(rows[3])) : std::nullopt;
    const auto allowed =
        check(holds::read_held(rows[network ? 2 : 1]), of_network, {.units = changes.units});
    if (!allowed) co_return std::unexpected(allowed.error());
  }
  std::optional<std::chrono::milliseconds> time;
  if (wanted.seconds) time = std::chrono::seconds(*wanted.seconds);
  co_return co_await write(std::move(transaction), std::move(*found), changes,
                           {.time = time, .may_sweep = may_sweep, .stamp = stamp});
}

Task<std::optional<Result<Reservations::Outcome>>> Reservations::write(
    postgres::Transaction transaction, Reservation reservation, const LineChanges& changes,
    WriteChange options) {
  std::vector<postgres::Call> calls;
  if (!changes.movements.empty()) {
    std::vector<ProductId> products;
    for (const auto& movement : changes.movements) products.push_back(movement.product_id);
    const auto grown = products_of(changes.grown);
    const auto rows =
        co_await transaction.pipeline(stocks::lock(products), catalog::store::sale_items(grown));
    const auto sold = all_for_sale(catalog::store::read_sale_items(rows[1]), grown);
    if (!sold) co_return std::unexpected(sold.error());
    const auto locked = stocks::read_stocks(rows[0]);
    inventory::rules::Shelf shelf(locked);
    if (auto short_of = shelf.take(changes.grown, changes.held_of_grown); !short_of.empty()) {
      if (options.may_sweep && co_await has_ended_holds(transaction, locked, grown)) {
        co_return std::nullopt;
      }
      co_return Outcome(std::move(short_of));
    }
    calls.push_back(stocks::promise(changes.movements));
  }
  calls.push_back(
      holds::change(reservation, changes.lines, options.time, limits_.max_hold_lifetime));
  const auto written = co_await transaction.pipeline_and_commit(std::move(calls));
  if (!changes.movements.empty()) {
    inventory_.write_through(stocks::read_changed(written.front()), options.stamp);
  }
  reservation.expires_at = holds::read_expiry(written.back());
  reservation.lines = changes.lines;
  reservation.lines = lines_left(reservation);
  co_return Outcome(std::move(reservation));
}

Task<Result<>> Reservations::release(Context& context, ReservationId id, UserId user) {
  co_return co_await pool_.retry(context, [&] { return release_once(context, id, user); });
}

Task<Result<>> Reservations::release_once(Context& context, ReservationId id, UserId user) {
  const auto stamp = inventory_.stamp();
  auto transaction = co_await pool_.begin(context);
  const auto rows = co_await transaction.pipeline(holds::lock(id));
  const auto found = holds::read_all(rows[0]);
  if (found.empty() || found[0].user_id != user) {
    co_return fail(ErrorCode::kNotFound, "there is no such reservation");
  }
  if (found[0].status == ReservationStatus::kOrdered) {
    co_return fail(errors::kReservationNotHeld, "the reservation was ordered");
  }
  if (found[0].status == ReservationStatus::kHeld) {
    inventory_.write_through(co_await close(transaction, found, ReservationStatus::kReleased),
                             stamp);
  }
  co_return Result<>{};
}

namespace {

// The result of a page of due reservations.
struct Expired {
  std::size_t ended = 0;
  std::size_t refused = 0;
  std::string reason;                    // of the last refused one
  std::optional<holds::DueCursor> next;  // if more may follow
};

Task<bool> expire_one(postgres::Pool& pool, Context& context, ReservationId id) {
  auto transaction = co_await pool.begin(context);
  const auto rows = co_await transaction.pipeline(holds::lock(id));
  const auto found = holds::read_all(rows[0]);
  if (found.empty() || found[0].status != ReservationStatus::kHeld) co_return false;
  co_await close(transaction, found, ReservationStatus::kExpired);
  co_return true;
}

// Ends the reservations that `lock` finds; they are returned even if that throws.
template <class Lock>
Task<void> expire_all(postgres::Pool& pool, Context& context, const Lock& lock,
                      std::vector<Reservation>& found) {
  auto transaction = co_await pool.begin(context);
  const auto rows = co_await transaction.pipeline(lock());
  found = holds::read_all(rows[0]);
  if (!found.empty()) co_await close(transaction, found, ReservationStatus::kExpired);
}

// All in one transaction, or, if the database refuses one of them, each in its own.
Task<Expired> expire_page(postgres::Pool& pool, Context& context, const holds::DueCursor& after) {
  Expired page;
  std::vector<Reservation> due;
  bool refused = false;
  const auto lock = [&] { return holds::lock_due(after, Reservations::kMaxExpired); };
  try {
    co_await pool.retry(context, [&] { return expire_all(pool, context, lock, due); });
    page.ended = due.size();
  } catch (const postgres::StatementError& error) {
    if (due.empty() || !error.blames_values()) throw;
    refused = true;
  }
  for (std::size_t i = 0; refused && i < due.size(); ++i) {
    try {
      const auto ended =
          co_await pool.retry(context, [&] { return expire_one(pool, context, due[i].id); });
      page.ended += ended ? 1 : 0;
    } catch (const postgres::StatementError& error) {
      ++page.refused;
      page.reason = fmt::format("{}: {}", due[i].id.value.to_string(), error.what());
    }
  }
  if (due.size() == Reservations::kMaxExpired) page.next = {due.back().expires_at, due.back().id};
  co_return page;
}

}  // namespace

Task<void> Reservations::expire_due_of(postgres::Pool& pool, Context& context,
                                       std::vector<ProductId> products) {
  std::vector<Reservation> ended;
  const auto lock = [&] { return holds::lock_ended(products, kMaxExpired); };
  try {
    co_await pool.retry(context, [&] { return expire_all(pool, context, lock, ended); });
  } catch (const postgres::StatementError& error) {
    if (!error.blames_values()) throw;
  }
}

Task<std::size_t> Reservations::expire_due(postgres::Pool& pool, Context& context) {
  std::size_t ended = 0;
  std::size_t refused = 0;
  std::string reason;
  std::optional<holds::DueCursor> next = holds::DueCursor{};
  for (std::size_t pages = 0; next && pages < kMaxExpiredPages; ++pages) {
    auto page = co_await expire_page(pool, context, *next);
    ended += page.ended;
    refused += page.refused;
    if (page.refused > 0) reason = std::move(page.reason);
    next = page.next;
  }
  if (refused > 0) {
    throw std::runtime_error(
        fmt::format("{} reservations cannot be ended, the last of them {}", refused, reason));
  }
  co_return ended;
}

}  // namespace souk::checkout
