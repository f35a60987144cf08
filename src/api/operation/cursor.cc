#include "api/operation/cursor.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "accounts/types.h"
#include "api/wire/query.h"
#include "base/encoding.h"

namespace souk::api {
namespace {

// Part of the wire format: never reuse a number for another list, order or layout.
enum class Kind : std::uint8_t {
  kNewest = 1,
  kPriceAscending = 2,
  kPriceDescending = 3,
  kRelevance = 4,
  kOrders = 5,
  kMovements = 6,
  kLowStock = 7,
  kUsers = 16,
  kDeliveries = 24,
};

constexpr std::size_t kKeyBytes = 8;
constexpr std::size_t kCursorBytes = 1 + kKeyBytes + sizeof(Uuid);
constexpr Timestamp kLatest = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);

Kind kind_of(catalog::ProductSort sort) {
  switch (sort) {
    case catalog::ProductSort::kNewest:
      return Kind::kNewest;
    case catalog::ProductSort::kPriceAscending:
      return Kind::kPriceAscending;
    case catalog::ProductSort::kPriceDescending:
      return Kind::kPriceDescending;
    case catalog::ProductSort::kRelevance:
      break;
  }
  return Kind::kRelevance;
}

std::string encode(Kind kind, std::uint64_t key, const Uuid& id) {
  std::array<std::uint8_t, kCursorBytes> bytes;
  bytes[0] = static_cast<std::uint8_t>(kind);
  for (std::size_t i = 0; i < kKeyBytes; ++i) {
    bytes[1 + i] = static_cast<std::uint8_t>(key >> (8 * (kKeyBytes - 1 - i)));
  }
  std::ranges::copy(id.bytes, bytes.begin() + 1 + kKeyBytes);
  return to_base64url(bytes);
}

struct Place {
  std::uint64_t key = 0;
  Uuid id;
};

std::optional<Place> decode(std::string_view text, Kind kind) {
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->size() != kCursorBytes) return std::nullopt;
  if ((*bytes)[0] != static_cast<std::uint8_t>(kind)) return std::nullopt;
  Place place;
  for (std::size_t i = 0; i < kKeyBytes; ++i) place.key = place.key << 8 | (*bytes)[1 + i];
  std::copy_n(bytes->begin() + 1 + kKeyBytes, sizeof(Uuid), place.id.bytes.begin());
  return place;
}

// Clients may forge cursors, so a key must be in the list's valid range.
bool is_key(catalog::ProductSort sort, double key) {
  switch (sort) {
    case catalog::ProductSort::kNewest:
      return key == 0;
    case catalog::ProductSort::kPriceAscending:
    case catalog::ProductSort::kPriceDescending:
      return std::abs(key) <= static_cast<double>(catalog::kMaxPrice) && key == std::trunc(key);
    case catalog::ProductSort::kRelevance:
      break;
  }
  return std::isfinite(key);
}

}  // namespace

std::string encode_cursor(const catalog::ProductCursor& cursor) {
  return encode(kind_of(cursor.sort), std::bit_cast<std::uint64_t>(cursor.key), cursor.id.value);
}

std::string encode_cursor(const orders::OrderCursor& cursor) {
  const auto key = cursor.order_date.time_since_epoch().count();
  return encode(Kind::kOrders, static_cast<std::uint64_t>(key), cursor.id.value);
}

std::optional<catalog::ProductCursor> decode_product_cursor(std::string_view text,
                                                            catalog::ProductSort sort) {
  const auto place = decode(text, kind_of(sort));
  if (!place) return std::nullopt;
  const auto key = std::bit_cast<double>(place->key);
  if (!is_key(sort, key)) return std::nullopt;
  return catalog::ProductCursor{sort, key, ProductId{place->id}};
}

std::optional<orders::OrderCursor> decode_order_cursor(std::string_view text) {
  const auto place = decode(text, Kind::kOrders);
  if (!place) return std::nullopt;
  const Timestamp date(std::chrono::microseconds(static_cast<std::int64_t>(place->key)));
  if (date < Timestamp() || date > kLatest) return std::nullopt;
  return orders::OrderCursor{date, OrderId{place->id}};
}

std::string encode_cursor(webhooks::DeliveryId last) {
  return encode(Kind::kDeliveries, 0, last.value);
}

std::optional<webhooks::DeliveryId> decode_delivery_cursor(std::string_view text) {
  const auto place = decode(text, Kind::kDeliveries);
  if (!place || place->key != 0) return std::nullopt;
  return webhooks::DeliveryId{place->id};
}

std::string encode_email_cursor(std::string_view email) {
  std::vector<std::uint8_t> bytes{static_cast<std::uint8_t>(Kind::kUsers)};
  bytes.insert(bytes.end(), email.begin(), email.end());
  return to_base64url(bytes);
}

std::optional<std::string> decode_email_cursor(std::string_view text) {
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->size() < 2 || bytes->size() > 1 + accounts::kMaxEmailLength) return {};
  if ((*bytes)[0] != static_cast<std::uint8_t>(Kind::kUsers)) return {};
  const bool is_printable =
      std::all_of(bytes->begin() + 1, bytes->end(), [](auto c) { return c > ' ' && c < 0x7f; });
  if (!is_printable) return {};
  return std::string(bytes->begin() + 1, bytes->end());
}

std::string encode_cursor(const inventory::MovementCursor& cursor) {
  return encode(Kind::kMovements, static_cast<std::uint64_t>(cursor.id), {});
}

std::string encode_cursor(const inventory::LowStockCursor& cursor) {
  return encode(Kind::kLowStock, 0, cursor.id.value);
}

std::optional<inventory::MovementCursor> decode_movement_cursor(std::string_view text) {
  const auto place = decode(text, Kind::kMovements);
  if (!place) return std::nullopt;
  return inventory::MovementCursor{static_cast<std::int64_t>(place->key)};
}

std::optional<inventory::LowStockCursor> decode_low_stock_cursor(std::string_view text) {
  const auto place = decode(text, Kind::kLowStock);
  if (!place) return std::nullopt;
  return inventory::LowStockCursor{ProductId{place->id}};
}

std::unexpected<Error> refuse_cursor() {
  return refuse_parameter("cursor", "must be the nextCursor of a page of this list and order");
}

}  // namespace souk::api
