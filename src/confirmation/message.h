// The order confirmation as a mail message (RFC 5322 and MIME), pure ASCII: names in headers are
// encoded words (RFC 2047), the text is UTF-8 as quoted-printable (RFC 2045). Nothing a buyer or a
// product is called can end a header.
// Threading: pure functions. Ownership: results own what they hold.
#pragma once

#include <string>
#include <string_view>

#include "jobs/event.h"
#include "orders/types.h"

namespace souk::confirmation {

// Whether it can stand between angle brackets in a header as it is.
bool is_plain_address(std::string_view address);

// The event names the message: the same one is the same message. Lines end with \n, as files in a
// Maildir do. REQUIRES: both addresses are plain ones.
std::string compose(const jobs::Event& event, const orders::Order& order, std::string_view from,
                    std::string_view to_address, std::string_view to_name);

// A phrase of a header: as it is where it is plain ASCII words, else encoded words on lines of
// their own.
std::string header_phrase(std::string_view text);
// Lines of at most 76 characters; \n in the text ends a line.
std::string quoted_printable(std::string_view text);

}  // namespace souk::confirmation
