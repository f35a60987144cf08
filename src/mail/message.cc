#include "mail/message.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/utf8.h"

namespace souk::mail {
namespace {

constexpr std::size_t kMaxLineLength = 76;        // RFC 2045 section 6.7
constexpr std::size_t kMaxEncodedWordBytes = 20;  // each may take three characters of 75
constexpr std::size_t kMaxPlainLength = 60;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string hex(char c) { return fmt::format("={:02X}", static_cast<unsigned char>(c)); }

bool is_short_line(std::string_view text) {
  return !text.empty() && text.size() <= kMaxPlainLength && text.front() != ' ' &&
         text.back() != ' ';
}

std::string encoded_words(std::string_view text) {
  std::string words;
  while (!text.empty()) {
    std::string word;
    std::size_t bytes = 0;  // whole characters only
    while (bytes < text.size()) {
      const auto next = std::max<std::size_t>(utf8_sequence_length(text.substr(bytes)), 1);
      if (bytes + next > kMaxEncodedWordBytes) break;
      for (const char c : text.substr(bytes, next))
        word += is_letter_or_digit(c) ? std::string(1, c) : hex(c);
      bytes += next;
    }
    text.remove_prefix(bytes);
    words += fmt::format("{}=?UTF-8?Q?{}?=", words.empty() ? "" : "\n ", word);
  }
  return words;
}

// An unstructured header (RFC 5322 section 3.6.5).
std::string header_text(std::string_view text) {
  const bool plain = is_short_line(text) && !text.contains("=?") &&
                     std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
  return plain ? std::string(text) : encoded_words(text);
}

std::string date_of(Timestamp time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} +0000",
                     fmt::gmtime(static_cast<std::time_t>(seconds)));
}

std::string part(std::string_view type, std::string_view text) {
  return fmt::format(
      "Content-Type: text/{}; charset=UTF-8\n"
      "Content-Transfer-Encoding: quoted-printable\n"
      "\n{}",
      type, quoted_printable(text));
}

// No part has the boundary: quoted-printable writes every '=' as "=3D".
std::string alternatives(const Message& message) {
  const auto boundary = "=_" + message.id.to_string();
  return fmt::format(
      "Content-Type: multipart/alternative; boundary=\"{0}\"\n"
      "\n"
      "--{0}\n{1}\n"
      "--{0}\n{2}\n"
      "--{0}--\n",
      boundary, part("plain", message.text), part("html", message.html));
}

}  // namespace

bool is_plain_address(std::string_view address) {
  const auto at = address.find('@');
  return at != address.npos && at > 0 && at + 1 < address.size() && address.size() <= 254 &&
         address.rfind('@') == at && std::ranges::all_of(address, [](char c) {
           return c > ' ' && c < 0x7f && !std::string_view("<>()[],;:\\\"").contains(c);
         });
}

std::string compose(const Message& message, std::string_view from) {
  return fmt::format(
      "Date: {}\n"
      "From: <{}>\n"
      "To: {}\n <{}>\n"
      "Subject: {}\n"
      "Message-ID: <{}@{}>\n"
      "Auto-Submitted: auto-generated\n"
      "MIME-Version: 1.0\n"
      "{}",
      date_of(message.date), from, header_phrase(message.to_name), message.to_address,
      header_text(message.subject), message.id.to_string(), from.substr(from.rfind('@') + 1),
      message.html.empty() ? part("plain", message.text) : alternatives(message));
}

std::string header_phrase(std::string_view text) {
  const bool plain = is_short_line(text) && std::ranges::all_of(text, [](char c) {
                       return is_letter_or_digit(c) || c == ' ';
                     });
  return plain ? std::string(text) : encoded_words(text);
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      out += '\n';
      column = 0;
      continue;
    }
    const bool ends_line = i + 1 == text.size() || text[i + 1] == '\n';
    const bool as_it_is = (c > ' ' && c < 0x7f && c != '=') || (c == ' ' && !ends_line);
    // Mail software may alter lines that begin with a dot or with "From ".
    const bool touchy = column == 0 && (c == '.' || c == 'F');
    const auto written = as_it_is && !touchy ? std::string(1, c) : hex(c);
    if (column + written.size() > kMaxLineLength - 1) {  // leaves room for the soft break
      out += "=\n";
      column = 0;
    }
    out += written;
    column += written.size();
  }
  return out;
}

}  // namespace souk::mail
