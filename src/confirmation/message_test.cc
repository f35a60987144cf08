#include "confirmation/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace souk::confirmation {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kEvent =
    R"({"id":"018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01","type":"order.placed",)"
    R"("createdAt":"2026-01-31T12:00:00.000000Z","data":{)"
    R"("orderId":"018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b02",)"
    R"("userId":"018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b03","total":3999,"currency":"EUR",)"
    R"("status":"confirmed","items":[{"productId":"018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b04",)"
    R"("productName":"Kännchen","quantity":2,"unitPrice":1999}]}})";

PlacedOrder order() { return read_placed_order(kEvent).value(); }

std::string message(std::string_view name) {
  return compose(order(), "orders@shop.example", "ada@example.com", name);
}

std::string headers_of(const std::string& message) {
  return message.substr(0, message.find("\n\n"));
}

TEST(ConfirmationMessage, SaysWhatWasOrdered) {
  const auto text = message("Ada Lovelace");
  EXPECT_THAT(text, HasSubstr("To: Ada Lovelace\n <ada@example.com>\n"));
  EXPECT_THAT(text, HasSubstr("Date: Sat, 31 Jan 2026 12:00:00 +0000\n"));
  EXPECT_THAT(text, HasSubstr("2 x K=C3=A4nnchen: 39.98 EUR\n"));
  EXPECT_THAT(text, HasSubstr("\nTotal: 39.99 EUR\n"));
}

TEST(ConfirmationMessage, OfOneEventIsTheSameEachTime) {
  EXPECT_EQ(message("Ada"), message("Ada"));
  EXPECT_THAT(message("Ada"),
              HasSubstr("Message-ID: <018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01@shop.example>\n"));
}

TEST(ConfirmationMessage, NoNameCanEndAHeader) {
  for (const std::string name :
       {"Ada\r\nBcc: all@example.com", "Ada\nX: y", "<mallory@example.com>", "\"", "?=\n\nbody"}) {
    const auto headers = headers_of(message(name));
    EXPECT_THAT(headers, Not(HasSubstr("\nBcc")));
    EXPECT_THAT(headers, Not(HasSubstr("\nX:")));
    EXPECT_THAT(headers, Not(HasSubstr("mallory@")));
    EXPECT_THAT(headers, HasSubstr("\nContent-Transfer-Encoding: quoted-printable"));
    EXPECT_EQ(headers.find('\r'), std::string::npos);
  }
}

TEST(ConfirmationMessage, EncodedWordsAreShortAndNeverSplitACharacter) {
  std::string name;
  for (int i = 0; i < 200; ++i) name += "ß";
  const auto phrase = header_phrase(name);
  std::string rest = phrase;
  std::size_t characters = 0;
  for (std::size_t at = 0; (at = rest.find("=C3=9F", at)) != std::string::npos; ++at) ++characters;
  EXPECT_EQ(characters, 200u);
  std::size_t begin = 0;
  while (begin < phrase.size()) {
    const auto end = std::min(phrase.find('\n', begin), phrase.size());
    EXPECT_LE(end - begin, 76u);
    begin = end + 1;
  }
}

TEST(ConfirmationMessage, IsAsciiInShortLines) {
  PlacedOrder long_one = order();
  for (int i = 0; i < 20; ++i) long_one.lines.front().product_name += " längliches Gefäß =";
  const auto text = compose(long_one, "a@b.example", "c@d.example", "Zoë");
  std::size_t length = 0;
  for (const char c : text) {
    EXPECT_LT(static_cast<unsigned char>(c), 0x7f);
    length = c == '\n' ? 0 : length + 1;
    EXPECT_LE(length, 76u);
  }
}

TEST(QuotedPrintable, KeepsWhatMailWouldChange) {
  EXPECT_EQ(quoted_printable("a \nb=c\t"), "a=20\nb=3Dc=09");
  EXPECT_EQ(quoted_printable(".\nFrom x"), "=2E\n=46rom x");
}

TEST(Amounts, HaveTheDecimalsOfTheirCurrency) {
  EXPECT_EQ(format_amount(5, "EUR"), "0.05 EUR");
  EXPECT_EQ(format_amount(123456, "USD"), "1234.56 USD");
  EXPECT_EQ(format_amount(500, "JPY"), "500 JPY");
  EXPECT_EQ(format_amount(1500, "KWD"), "1.500 KWD");
}

TEST(PlainAddress, IsOneThatNeedsNoQuoting) {
  EXPECT_TRUE(is_plain_address("ada@example.com"));
  for (const auto* address :
       {"", "ada", "@example.com", "ada@", "a da@example.com", "ada@example.com>\nBcc: x@y",
        "<ada@example.com", "adä@example.com"}) {
    EXPECT_FALSE(is_plain_address(address)) << address;
  }
}

TEST(PlacedOrder, IsRefusedWhereSomethingIsMissing) {
  EXPECT_FALSE(read_placed_order("{}"));
  EXPECT_FALSE(read_placed_order("no JSON"));
  std::string broken(kEvent);
  broken.replace(broken.find("3999"), 4, "\"3999\"");
  EXPECT_FALSE(read_placed_order(broken));
}

}  // namespace
}  // namespace souk::confirmation
