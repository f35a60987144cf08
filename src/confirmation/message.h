// The order confirmation as a mail message (RFC 5322 and MIME), pure ASCII: names in headers are
// encoded words (RFC 2047), the text is UTF-8 as quoted-printable (RFC 2045). No name of a buyer or
// product can end a header.
// Threading: pure functions. Ownership: results own what they hold.
#pragma once

#include <string>
#include <string_view>

#include "jobs/event.h"
#include "orders/types.h"

namespace souk::confirmation {

// Whether it can be written unquoted between angle brackets in a header.
bool is_plain_address(std::string_view address);

// The Message-ID is made of the event, so repeated messages are equal. Lines end with \n, as files
// in a Maildir do. REQUIRES: both addresses are plain ones.
std::string compose(const jobs::Event& event, const orders::Order& order, std::string_view from,
                    std::string_view to_address, std::string_view to_name);

// A phrase of a header: unchanged if it is plain ASCII words, else encoded words on lines of their
// own.
std::string header_phrase(std::string_view text);
// Lines of at most 76 characters; \n in the text ends a line.
std::string quoted_printable(std::string_view text);

}  // namespace souk::confirmation
