#include "confirmation/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace souk::confirmation {
namespace {

using testing::HasSubstr;
using testing::Not;

const jobs::Event kEvent{
    .id = Uuid::parse("018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01").value(),
    .type = "order.placed",
    .created_at = std::chrono::sys_days(std::chrono::year(2026) / 1 / 31) + std::chrono::hours(12),
    .data = ""};

orders::Order order() {
  const auto euro = Currency::parse("EUR").value();
  return {.id = OrderId{Uuid::parse("018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b02").value()},
          .user_id = {},
          .status = orders::Status::kPending,
          .order_date = {},
          .total = {3'999, euro},
          .items = {{.product_id = {},
                     .product_name = "Kännchen",
                     .quantity = 2,
                     .unit_price = {1'999, euro}}}};
}

std::string message(std::string_view name) {
  return compose(kEvent, order(), "orders@shop.example", "ada@example.com", name);
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
  EXPECT_THAT(text, Not(HasSubstr("Delivery")));
  EXPECT_THAT(text, HasSubstr("Subject: Your order 018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b02\n"));
}

TEST(ConfirmationMessage, NamesTheOrderByItsNumber) {
  auto numbered = order();
  numbered.number = "7KQ-2M9-XAC";
  const auto text =
      compose(kEvent, numbered, "orders@shop.example", "ada@example.com", "Ada Lovelace");
  EXPECT_THAT(text, HasSubstr("Subject: Your order 7KQ-2M9-XAC\n"));
  EXPECT_THAT(text, HasSubstr("thank you for your order 7KQ-2M9-XAC."));
}

TEST(ConfirmationMessage, SaysWhereTheOrderGoes) {
  auto sent = order();
  sent.delivery_address = {.recipient = "Ada\nBcc: all@example.com",
                           .line1 = "12 St James's Square",
                           .line2 = "",
                           .city = "London",
                           .postal_code = "SW1Y 4JH",
                           .country = "GB"};
  EXPECT_THAT(compose(kEvent, sent, "orders@shop.example", "ada@example.com", "Ada"),
              HasSubstr("\nDelivery to:\nAda Bcc: all@example.com\n12 St James's Square\n"
                        "SW1Y 4JH London\nGB\n"));
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
  const std::string_view rest = phrase;
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
  auto long_one = order();
  for (int i = 0; i < 20; ++i) long_one.items.front().product_name += " längliches Gefäß =";
  const auto text = compose(kEvent, long_one, "a@b.example", "c@d.example", "Zoë");
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

TEST(PlainAddress, IsOneThatNeedsNoQuoting) {
  EXPECT_TRUE(is_plain_address("ada@example.com"));
  for (const auto* address :
       {"", "ada", "@example.com", "ada@", "a da@example.com", "ada@example.com>\nBcc: x@y",
        "<ada@example.com", "adä@example.com"}) {
    EXPECT_FALSE(is_plain_address(address)) << address;
  }
}

}  // namespace
}  // namespace souk::confirmation
