#include "http/coding/encoder.h"

#include <gtest/gtest.h>

#include "http/coding/decoder.h"
#include "http/encoded_stream.h"
#include "runtime/loop.h"

namespace souk::http {
namespace {

using Status = Decoder::Status;

constexpr CodingLevels kLevels{.gzip = 1, .brotli = 1, .zstd = 1};
constexpr std::array kCompressed = {ContentCoding::kGzip, ContentCoding::kBrotli,
                                    ContentCoding::kZstd};
constexpr std::size_t kRoom = 64 * 1024 * 1024;

std::string rows(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += R"({"id":)" + std::to_string(i) + R"(,"name":"Lamp"},)";
  return text;
}

std::string in_coding(ContentCoding coding, std::string_view text) {
  Buffer out;
  const auto encoder = Encoder::make(coding, kLevels);
  if (!text.empty()) encoder->write(text, out);
  encoder->finish(out);
  return std::string(out.view());
}

TEST(Encoder, EachPieceCanBeDecodedWhenItHasArrived) {
  for (const auto coding : kCompressed) {
    const auto encoder = Encoder::make(coding, kLevels);
    const auto decoder = Decoder::make(coding);
    std::string sent;
    Buffer read;
    for (const int count : {1, 1000, 5}) {
      const auto piece = rows(count);
      sent += piece;
      Buffer out;
      encoder->write(piece, out);
      auto coded = out.view();
      EXPECT_EQ(decoder->decode(coded, read, kRoom), Status::kNeedsMore);
      EXPECT_EQ(read.view(), sent) << coding_name(coding);
    }
    Buffer end;
    encoder->finish(end);
    auto coded = end.view();
    EXPECT_EQ(decoder->decode(coded, read, kRoom), Status::kEnded) << coding_name(coding);
    EXPECT_EQ(read.view(), sent);
    EXPECT_EQ(coded, "");
  }
}

TEST(Decoder, ProducesNoMoreThanThereIsRoomFor) {
  const std::string zeros(10'000'000, '0');
  for (const auto coding : kCompressed) {
    const auto bomb = in_coding(coding, zeros);
    ASSERT_LT(bomb.size(), zeros.size() / 100) << coding_name(coding);
    const auto decoder = Decoder::make(coding);
    Buffer out;
    std::string_view coded = bomb;
    EXPECT_EQ(decoder->decode(coded, out, 100'000), Status::kIsFull) << coding_name(coding);
    EXPECT_EQ(out.size(), 100'000u);
    EXPECT_LT(out.capacity(), 300'000u);
    EXPECT_EQ(decoder->decode(coded, out, kRoom), Status::kEnded);
    EXPECT_EQ(out.view(), zeros);
  }
}

TEST(Decoder, SaysWhenTheEndIsMissingAndWhenSomethingFollowsIt) {
  for (const auto coding : kCompressed) {
    const auto whole = in_coding(coding, rows(100));
    for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, whole.size() - 1}) {
      Buffer out;
      auto coded = std::string_view(whole).substr(0, cut);
      EXPECT_EQ(Decoder::make(coding)->decode(coded, out, kRoom), Status::kNeedsMore)
          << coding_name(coding) << cut;
    }
    const auto followed = whole + whole;
    Buffer out;
    std::string_view coded = followed;
    EXPECT_EQ(Decoder::make(coding)->decode(coded, out, kRoom), Status::kEnded);
    EXPECT_EQ(coded, whole) << coding_name(coding);
  }
}

TEST(Decoder, RefusesWhatIsNotInTheCoding) {
  for (const auto coding : kCompressed) {
    auto broken = in_coding(coding, rows(100));
    broken[0] = static_cast<char>(broken[0] ^ 0x55);
    for (const std::string_view text :
         {std::string_view(R"({"not":"coded"})"), std::string_view(broken)}) {
      Buffer out;
      auto coded = text;
      EXPECT_EQ(Decoder::make(coding)->decode(coded, out, kRoom), Status::kInvalid)
          << coding_name(coding) << text.substr(0, 5);
    }
  }
}

class Rows final : public BodyStream {
 public:
  explicit Rows(int pieces) : left_(pieces) {}
  runtime::Task<bool> next(Buffer& out) override {
    if (left_ == 0) co_return false;
    out.append(rows(left_--));
    co_return true;
  }

 private:
  int left_;
};

TEST(EncodedStream, YieldsAPieceForEachPieceThatTheBodyYields) {
  runtime::Loop loop;
  for (const auto coding : kCompressed) {
    std::size_t used = 0;
    const auto decoder = Decoder::make(coding);
    Buffer read;
    {
      EncodedStream stream(Body(std::make_unique<Rows>(3)), coding, kLevels, Slot(used));
      EXPECT_EQ(used, 1u);
      std::string sent;
      for (const int piece : {3, 2, 1}) {
        sent += rows(piece);
        Buffer out;
        EXPECT_TRUE(loop.run_until_done(stream.next(out)));
        auto coded = out.view();
        decoder->decode(coded, read, kRoom);
        EXPECT_EQ(read.view(), sent);
      }
      Buffer out;
      EXPECT_TRUE(loop.run_until_done(stream.next(out)));
      auto coded = out.view();
      EXPECT_EQ(decoder->decode(coded, read, kRoom), Status::kEnded);
      EXPECT_FALSE(loop.run_until_done(stream.next(out)));
    }
    EXPECT_EQ(used, 0u);
  }
}

}  // namespace
}  // namespace souk::http
