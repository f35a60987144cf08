#include "redis/protocol.h"

#include <gtest/gtest.h>

#include <array>

namespace souk::redis {
namespace {

constexpr std::size_t kMax = 100'000;

using namespace std::string_view_literals;

TEST(EncodeCommand, WritesEachWordWithItsLength) {
  Buffer out;
  encode_command(out, std::array{"SET"sv, "k"sv, "a\r\n\0b"sv});
  EXPECT_EQ(out.view(), "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\na\r\n\0b\r\n"sv);
}

TEST(Decoder, ReadsEveryKindOfReply) {
  Decoder decoder(kMax);
  decoder.feed("+OK\r\n:-7\r\n$-1\r\n*-1\r\n-ERR no\r\n$0\r\n\r\n*2\r\n$1\r\na\r\n*1\r\n:1\r\n");
  EXPECT_EQ((*decoder.next())->text(), "OK");
  EXPECT_EQ((*decoder.next())->integer(), -7);
  EXPECT_TRUE((*decoder.next())->is_nil());
  EXPECT_TRUE((*decoder.next())->is_nil());
  EXPECT_EQ((*decoder.next())->error(), "ERR no");
  EXPECT_EQ((*decoder.next())->text(), "");
  const auto array = std::move(**decoder.next());
  ASSERT_EQ(array.size(), 2u);
  EXPECT_EQ(array[0].text(), "a");
  EXPECT_EQ(array[1][0].integer(), 1);
  EXPECT_FALSE(decoder.next()->has_value());
}

TEST(Decoder, AnotherKindThanAskedForIsNothing) {
  Decoder decoder(kMax);
  decoder.feed(":1\r\n");
  const auto reply = std::move(**decoder.next());
  EXPECT_FALSE(reply.text().has_value());
  EXPECT_FALSE(reply.error().has_value());
  EXPECT_FALSE(reply.is_nil());
  EXPECT_EQ(reply.size(), 0u);
}

TEST(Decoder, AReplyMayComeByteByByte) {
  Decoder decoder(kMax);
  const std::string_view bytes("*2\r\n$4\r\na\r\nb\r\n:12\r\n");
  for (const char& byte : bytes.substr(0, bytes.size() - 1)) {
    decoder.feed({&byte, 1});
    ASSERT_FALSE(decoder.next()->has_value());
  }
  decoder.feed("\n");
  const auto reply = std::move(**decoder.next());
  EXPECT_EQ(reply[0].text(), "a\r\nb");
  EXPECT_EQ(reply[1].integer(), 12);
}

TEST(Decoder, WhatIsNotRespIsAnError) {
  for (const auto* garbage :
       {"HTTP/1.1 400 Bad Request\r\n", "$x\r\n", "$-2\r\n", ":12a\r\n", "*-2\r\n",
        "*99999999999999999999\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"}) {
    Decoder decoder(kMax);
    decoder.feed(garbage);
    EXPECT_FALSE(decoder.next().has_value()) << garbage;
    decoder.feed("+OK\r\n");
    EXPECT_FALSE(decoder.next().has_value()) << "read on after " << garbage;
  }
}

// hiredis would allocate 16 GiB here, and iterate over them to free them.
TEST(Decoder, AnArrayOfAbsurdLengthIsRefused) {
  Decoder decoder(kMax);
  decoder.feed("*2147483647\r\n");
  EXPECT_FALSE(decoder.next().has_value());
}

TEST(Decoder, AReplyWithoutEndIsRefused) {
  for (const std::string_view start : {"$999999999\r\n", "+", "*1000000\r\n$1\r\na\r\n"}) {
    Decoder decoder(kMax);
    decoder.feed(start);
    const std::string more(10'000, '1');
    std::size_t fed = 0;
    while (decoder.next().has_value() && fed <= 2 * kMax) {
      decoder.feed(start.starts_with('*') ? "$1\r\na\r\n" : more);
      fed += start.starts_with('*') ? 7 : more.size();
    }
    EXPECT_LE(fed, kMax + kDecoderPieceBytes) << start;
  }
}

TEST(Decoder, ManySmallRepliesAreNoLargeOne) {
  Decoder decoder(100);
  for (int i = 0; i < 1'000; ++i) {
    decoder.feed("+OK\r\n+OK\r\n+");
    ASSERT_TRUE(decoder.next()->has_value());
    ASSERT_TRUE(decoder.next()->has_value());
    ASSERT_FALSE(decoder.next()->has_value());
    decoder.feed("OK\r\n");
    ASSERT_TRUE(decoder.next()->has_value());
  }
}

}  // namespace
}  // namespace souk::redis
