#include "http/server/proxy_preamble.h"

#include <gtest/gtest.h>

namespace souk::http {
namespace {

using std::string_view_literals::operator""sv;

constexpr auto kSignature = "\r\n\r\n\0\r\nQUIT\n"sv;

std::string binary(std::string_view command_and_family, std::string_view rest) {
  std::string header(kSignature);
  header.append(command_and_family);
  header += static_cast<char>(rest.size() >> 8);
  header += static_cast<char>(rest.size() & 0xff);
  return header.append(rest);
}

struct Parsed {
  bool malformed;
  std::string client;  // empty: none
  std::size_t left;    // bytes that were not taken
};

// Reads as the server does, at most `at_once` bytes at a time.
Parsed parse(std::string_view bytes, std::size_t at_once = 1'000) {
  ProxyHeaderParser parser;
  while (const auto wants = std::min({parser.wants(), at_once, bytes.size()})) {
    parser.took(bytes.substr(0, wants));
    bytes.remove_prefix(wants);
  }
  if (parser.is_malformed()) return {true, "", bytes.size()};
  EXPECT_EQ(parser.wants(), 0U) << "it ended too early";
  const auto client = parser.client();
  return {false, client ? client->text() : "", bytes.size()};
}

const auto kIpv4 = binary("\x21\x11", "\xcb\x00\x71\x07\x0a\x00\x00\x01\x30\x39\x00\x50"sv);
const auto kIpv6 = binary("\x21\x21",
                          "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"
                          "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
                          "\x30\x39\x00\x50"sv);

TEST(ProxyHeaderParserTest, NamesTheClientAndLeavesWhatFollows) {
  for (const std::size_t at_once : {1, 7, 1'000}) {
    const auto v4 = parse(kIpv4 + "GET /", at_once);
    EXPECT_EQ(v4.client, "203.0.113.7");
    EXPECT_EQ(v4.left, 5U);
    const auto v6 = parse(kIpv6 + "GET /", at_once);
    EXPECT_EQ(v6.client, "2001:db8::7");
    EXPECT_EQ(v6.left, 5U);
    const auto text = parse("PROXY TCP4 203.0.113.7 10.0.0.1 12345 80\r\nGET /", at_once);
    EXPECT_EQ(text.client, "203.0.113.7");
    EXPECT_EQ(text.left, 5U);
    EXPECT_EQ(parse("PROXY TCP6 2001:db8::7 2001:db8::1 1 80\r\n", at_once).client, "2001:db8::7");
  }
}

TEST(ProxyHeaderParserTest, IgnoresTlvsAndTheAddressesOfItsOwnChecks) {
  const auto tlv = "\x04\x00\x05hello"sv;
  const auto with_tlv = binary("\x21\x11", kIpv4.substr(16) + std::string(tlv));
  EXPECT_EQ(parse(with_tlv + "GET /").client, "203.0.113.7");
  EXPECT_EQ(parse(with_tlv + "GET /").left, 5U);
  const auto local = parse(binary(std::string_view("\x20\x00", 2), "") + "GET /");
  EXPECT_FALSE(local.malformed);
  EXPECT_EQ(local.client, "");
  EXPECT_EQ(local.left, 5U);
  EXPECT_EQ(parse(binary(std::string_view("\x20\x11", 2), kIpv4.substr(16))).client, "");
  EXPECT_FALSE(parse("PROXY UNKNOWN\r\n").malformed);
}

TEST(ProxyHeaderParserTest, WhatIsNoHeaderIsMalformed) {
  EXPECT_TRUE(parse("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").malformed);
  EXPECT_TRUE(parse("PROXY TCP4 not-an-address 10.0.0.1 1 80\r\n").malformed);
  EXPECT_TRUE(parse("PROXY UDP4 203.0.113.7 10.0.0.1 1 80\r\n").malformed);
  EXPECT_TRUE(parse("PROXY TCP4 " + std::string(200, ' ')).malformed);
  EXPECT_TRUE(parse(binary("\x11\x11", kIpv4.substr(16))).malformed);  // version 1
  EXPECT_TRUE(parse(binary("\x22\x11", kIpv4.substr(16))).malformed);  // no such command
  EXPECT_TRUE(parse(binary("\x21\x11", "short")).malformed);
  EXPECT_TRUE(parse(binary("\x21\x11", std::string(5'000, 'x'))).malformed);
}

}  // namespace
}  // namespace souk::http
