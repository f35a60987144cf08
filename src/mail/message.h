// A mail message (RFC 5322 and MIME), pure ASCII: names in headers are encoded words (RFC 2047),
// texts are UTF-8 as quoted-printable (RFC 2045). No name, subject or text can end a header or a
// part. Threading: pure functions. Ownership: results own what they hold.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/uuid.h"

namespace souk::mail {

struct Message {
  Uuid id;  // of what it is about: a repeated message has the same Message-ID
  Timestamp date;
  std::string to_address;
  std::string to_name;
  std::string subject;
  std::string text;
  std::string html = {};  // empty: the text alone
};

// Whether it can be written unquoted between angle brackets in a header and in SMTP. Domains
// outside of ASCII have their "xn--" form (RFC 5890); local parts outside of ASCII (RFC 6531) are
// refused.
bool is_plain_address(std::string_view address);

// Equal for equal arguments. Lines end with \n, as files in a Maildir do. REQUIRES: both addresses
// are plain ones.
std::string compose(const Message& message, std::string_view from);

// A phrase of a header: unchanged if it is plain ASCII words, else encoded words on lines of their
// own.
std::string header_phrase(std::string_view text);
// Lines of at most 76 characters; \n in the text ends a line.
std::string quoted_printable(std::string_view text);

}  // namespace souk::mail
