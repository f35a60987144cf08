#include "mail/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace souk::mail {
namespace {

using testing::HasSubstr;
using testing::Not;

const Message kMessage{
    .id = Uuid::parse("018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01").value(),
    .date = std::chrono::sys_days(std::chrono::year(2026) / 1 / 31) + std::chrono::hours(12),
    .to_address = "ada@example.com",
    .to_name = "Ada Lovelace",
    .subject = "Your order 12",
    .text = "2 x Kännchen\n\nTotal\n"};

std::string composed(const Message& message) { return compose(message, "orders@shop.example"); }

std::string message(std::string_view name) {
  auto named = kMessage;
  named.to_name = name;
  return composed(named);
}

std::string headers_of(const std::string& message) {
  return message.substr(0, message.find("\n\n"));
}

TEST(MailMessage, HasItsHeadersAndItsText) {
  const auto text = composed(kMessage);
  EXPECT_THAT(text, HasSubstr("To: Ada Lovelace\n <ada@example.com>\n"));
  EXPECT_THAT(text, HasSubstr("Date: Sat, 31 Jan 2026 12:00:00 +0000\n"));
  EXPECT_THAT(text, HasSubstr("Subject: Your order 12\n"));
  EXPECT_THAT(text, HasSubstr("\n\n2 x K=C3=A4nnchen\n\nTotal\n"));
}

TEST(MailMessage, HasItsTextAndItsHtmlAsAlternatives) {
  auto both = kMessage;
  both.text = "--=_018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01--\n";
  both.html = "<p>Kännchen</p>\n";
  const auto text = composed(both);
  EXPECT_THAT(text, HasSubstr("multipart/alternative; "
                              "boundary=\"=_018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01\"\n\n--=_"));
  const auto plain = text.find("\nContent-Type: text/plain;");
  const auto html = text.find("\nContent-Type: text/html;");
  EXPECT_LT(plain, html);  // the richest last: RFC 2046
  EXPECT_NE(html, std::string::npos);
  std::size_t boundaries = 0;
  for (auto at = text.find("\n--=_"); at != text.npos; at = text.find("\n--=_", at + 1))
    ++boundaries;
  EXPECT_EQ(boundaries, 3U);
}

TEST(MailMessage, IsTheSameEachTime) {
  EXPECT_EQ(message("Ada"), message("Ada"));
  EXPECT_THAT(message("Ada"),
              HasSubstr("Message-ID: <018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01@shop.example>\n"));
}

TEST(MailMessage, NoNameCanEndAHeader) {
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

TEST(MailMessage, NoSubjectCanEndAHeader) {
  for (const std::string subject : {"Hello\r\nBcc: all@example.com", "Hello\n\nbody",
                                    "=?UTF-8?Q?=0ABcc: x?=", "", " x", "a\x7f\x80"}) {
    auto hostile = kMessage;
    hostile.subject = subject;
    const auto headers = headers_of(composed(hostile));
    EXPECT_THAT(headers, Not(HasSubstr("\nBcc")));
    EXPECT_THAT(headers, Not(HasSubstr("=0ABcc: x?=")));
    EXPECT_THAT(headers, HasSubstr("\nContent-Transfer-Encoding: quoted-printable"));
    EXPECT_EQ(headers.find('\r'), std::string::npos);
    EXPECT_TRUE(std::ranges::all_of(headers, [](char c) { return c > 0 && c < 0x7f; }));
  }
}

TEST(MailMessage, EncodedWordsAreShortAndNeverSplitACharacter) {
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

TEST(MailMessage, IsAsciiInShortLines) {
  auto long_one = kMessage;
  long_one.to_name = "Zoë";
  for (int i = 0; i < 20; ++i) long_one.text += " längliches Gefäß =";
  long_one.subject = long_one.html = long_one.text;
  std::size_t length = 0;
  for (const char c : composed(long_one)) {
    EXPECT_LT(static_cast<unsigned char>(c), 0x7f);
    length = c == '\n' ? 0 : length + 1;
    EXPECT_LE(length, 88u);
  }
}

TEST(QuotedPrintable, KeepsWhatMailWouldChange) {
  EXPECT_EQ(quoted_printable("a \nb=c\t"), "a=20\nb=3Dc=09");
  EXPECT_EQ(quoted_printable(".\nFrom x"), "=2E\n=46rom x");
}

TEST(PlainAddress, IsOneThatNeedsNoQuoting) {
  EXPECT_TRUE(is_plain_address("ada@example.com"));
  EXPECT_TRUE(is_plain_address("ada@xn--exmple-cua.com"));
  for (const auto* address :
       {"", "ada", "@example.com", "ada@", "a da@example.com", "ada@example.com>\nBcc: x@y",
        "<ada@example.com", "ada@example.com@evil.example", "adä@example.com", "ada@exämple.com",
        "ada\r\n@example.com"}) {
    EXPECT_FALSE(is_plain_address(address)) << address;
  }
}

}  // namespace
}  // namespace souk::mail
