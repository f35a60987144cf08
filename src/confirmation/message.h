// The order confirmation as a mail message (RFC 5322 and MIME), pure ASCII: names in headers are
// encoded words (RFC 2047), the text is UTF-8 as quoted-printable (RFC 2045). Nothing a buyer or a
// product is called can end a header.
// Threading: pure functions. Ownership: results own what they hold.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"

namespace souk::confirmation {

struct Line {
  std::string product_name;
  std::int64_t quantity = 0;
  std::int64_t unit_price = 0;  // minor units
};

struct PlacedOrder {
  Uuid event;  // names the message: the same event is the same message
  Timestamp placed_at;
  Uuid order;
  Uuid user;
  std::int64_t total = 0;  // minor units
  std::string currency;
  std::vector<Line> lines;
};

// Reads jobs::event_json of an order.placed. Errors: validation_failed.
Result<PlacedOrder> read_placed_order(std::string_view event);

// Whether it can stand between angle brackets in a header as it is.
bool is_plain_address(std::string_view address);

// Lines end with \n, as files in a Maildir do. REQUIRES: both addresses are plain ones.
std::string compose(const PlacedOrder& order, std::string_view from, std::string_view to_address,
                    std::string_view to_name);

// "1234.50 EUR", with the decimals that the currency has (ISO 4217).
std::string format_amount(std::int64_t amount, std::string_view currency);
// A phrase of a header: as it is where it is plain ASCII words, else encoded words on lines of
// their own.
std::string header_phrase(std::string_view text);
// Lines of at most 76 characters; \n in the text ends a line.
std::string quoted_printable(std::string_view text);

}  // namespace souk::confirmation
