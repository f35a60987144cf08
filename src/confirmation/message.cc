#include "confirmation/message.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/text.h"
#include "base/utf8.h"

namespace souk::confirmation {
namespace {

constexpr std::size_t kMaxLineLength = 76;        // RFC 2045 section 6.7
constexpr std::size_t kMaxEncodedWordBytes = 20;  // each may take three characters of 75
constexpr std::size_t kMaxPlainPhraseLength = 60;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string hex(char c) { return fmt::format("={:02X}", static_cast<unsigned char>(c)); }

std::string date_of(Timestamp time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} +0000",
                     fmt::gmtime(static_cast<std::time_t>(seconds)));
}

std::string name_of(const orders::Order& order) {
  return order.number.value_or(order.id.value.to_string());
}

std::string text_of(const orders::Order& order, std::string_view name) {
  auto text =
      fmt::format("Hello {},\n\nthank you for your order {}.\n\n", one_line(name), name_of(order));
  for (const auto& item : order.items) {
    const auto price = checked_multiply(item.unit_price, item.quantity);
    text += fmt::format("{} x {}: {}\n", item.quantity, one_line(item.product_name),
                        to_text(price.value()));
  }
  text += fmt::format("\nTotal: {}\n", to_text(order.total));
  if (const auto& to = order.delivery_address) {
    text += "\nDelivery to:\n";
    for (const auto* part : {&to->recipient, &to->line1, &to->line2}) {
      if (!part->empty()) text += fmt::format("{}\n", one_line(*part));
    }
    text += fmt::format("{} {}\n{}\n", one_line(to->postal_code), one_line(to->city),
                        one_line(to->country));
  }
  return text;
}

}  // namespace

bool is_plain_address(std::string_view address) {
  const auto at = address.rfind('@');
  return at != address.npos && at > 0 && at + 1 < address.size() && address.size() <= 254 &&
         std::ranges::all_of(address, [](char c) {
           return c > ' ' && c < 0x7f && !std::string_view("<>()[],;:\\\"").contains(c);
         });
}

std::string compose(const jobs::Event& event, const orders::Order& order, std::string_view from,
                    std::string_view to_address, std::string_view to_name) {
  const auto id = event.id.to_string();
  return fmt::format(
      "Date: {}\n"
      "From: <{}>\n"
      "To: {}\n <{}>\n"
      "Subject: Your order {}\n"
      "Message-ID: <{}@{}>\n"
      "Auto-Submitted: auto-generated\n"
      "MIME-Version: 1.0\n"
      "Content-Type: text/plain; charset=UTF-8\n"
      "Content-Transfer-Encoding: quoted-printable\n"
      "\n{}",
      date_of(event.created_at), from, header_phrase(to_name), to_address, name_of(order), id,
      from.substr(from.rfind('@') + 1), quoted_printable(text_of(order, to_name)));
}

std::string header_phrase(std::string_view text) {
  const bool plain =
      !text.empty() && text.size() <= kMaxPlainPhraseLength && text.front() != ' ' &&
      text.back() != ' ' &&
      std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == ' '; });
  if (plain) return std::string(text);
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

}  // namespace souk::confirmation
