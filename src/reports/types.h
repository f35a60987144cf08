// Values of reports: time spans, exported orders, sums.
// Threading: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/money.h"

namespace souk::reports {

inline constexpr std::string_view kUtc = "UTC";

struct Span {
  Timestamp from = Timestamp::min();  // inclusive
  Timestamp to = Timestamp::max();    // exclusive
};

// A report's request. An end given as a date alone is the date's beginning in the time zone; `span`
// holds it as if in UTC.
struct ReportRange {
  Span span;
  std::string timezone{kUtc};  // IANA name
  bool from_is_date = false;
  bool to_is_date = false;
};

// An exported order. Texts point into the piece it was read from.
struct ExportedOrder {
  struct Item {
    std::int16_t line_no = 0;
    ProductId product_id;
    std::string_view product_name;
    std::int32_t quantity = 0;
    Money unit_price;
    std::int32_t shipped = 0;
    std::int32_t refunded = 0;  // units
  };

  struct Address {
    std::string_view recipient;
    std::string_view line1;
    std::string_view line2;
    std::string_view city;
    std::string_view postal_code;
    std::string_view country;
  };

  OrderId id;
  UserId user_id;
  std::string_view status;
  Timestamp order_date;
  Money total;
  std::vector<Item> items;  // by line number
  std::optional<std::string_view> number{};
  std::optional<std::string_view> email{};
  std::optional<Address> delivery_address{};
  Money refunded{};
};

inline constexpr std::size_t kTopProducts = 10;

// Sums exclude cancelled and refunded orders, and what was refunded of the others.
struct OrderReport {
  struct Day {
    Timestamp date;  // its beginning, as if the time zone were UTC
    std::int64_t orders = 0;
    Money total;
  };
  struct Status {
    std::string status;
    std::int64_t orders = 0;
  };
  struct Product {
    ProductId id;
    std::string name;
    std::int64_t quantity = 0;
    Money total;
  };

  Span span;
  std::string timezone{kUtc};    // for the days
  std::vector<Day> days;         // by date and currency; without empty days
  std::vector<Status> statuses;  // of all orders, most frequent first
  std::vector<Product>
      top_products;  // by units sold, a line for each currency; kTopProducts at most
};

// How many of a day's sessions became orders. A customer may order days after signing in, so a
// day's figures are no funnel of the same people.
struct ConversionReport {
  struct Day {
    Timestamp date;              // its beginning, as if the time zone were UTC
    std::int64_t sessions = 0;   // begun by customers
    std::int64_t customers = 0;  // who began them
    std::int64_t holds = 0;      // of stock for a cart
    std::int64_t orders = 0;     // placed, whatever became of them
    std::int64_t paid = 0;       // of these orders, until now

    friend bool operator==(const Day&, const Day&) = default;
  };

  Span span;
  std::string timezone{kUtc};  // for the days
  std::vector<Day> days;       // by date; without empty days
};

// Visits of customers that ended, by the mean response time of their reads
// (statistics/visits.h).
struct VisitReport {
  struct Group {
    std::int32_t slower_than_ms = 0;  // up to that of the next group
    std::int64_t visits = 0;
    std::int64_t with_hold = 0;
    std::int64_t with_order = 0;
    std::int64_t with_payment = 0;

    friend bool operator==(const Group&, const Group&) = default;
  };

  Span span;                  // of whole days, UTC
  std::vector<Group> groups;  // the fastest first; without empty ones
};

}  // namespace souk::reports
