#include "base/text.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/json_writer.h"
#include "base/parse.h"
#include "base/rfc3339.h"
#include "base/utf8.h"

namespace souk {
namespace {

using namespace std::chrono_literals;

template <class... T>
std::string json(const T&... values) {
  Buffer out;
  JsonWriter writer(out);
  writer.begin_array();
  (writer.value(values), ...);
  writer.end_array();
  return std::string(out.view());
}

TEST(JsonWriter, SeparatesMembersAndElements) {
  Buffer out;
  JsonWriter writer(out);
  writer.begin_object();
  writer.member("a", 1);
  writer.key("b");
  writer.begin_array();
  writer.begin_object();
  writer.end_object();
  writer.begin_object();
  writer.end_object();
  writer.value(true);
  writer.null();
  writer.end_array();
  writer.member("c", "x");
  writer.end_object();
  EXPECT_EQ(out.view(), R"({"a":1,"b":[{},{},true,null],"c":"x"})");
}

TEST(JsonWriter, EscapesWhatJsonCannotHold) {
  EXPECT_EQ(json("a\"b\\c\n\t\r\x01/"), R"(["a\"b\\c\n\t\r\u0001/"])");
  EXPECT_EQ(json("grün €  😀"), "[\"grün €  😀\"]");
}

TEST(JsonWriter, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(json("a\xff\xc3"), "[\"a\xEF\xBF\xBD\xEF\xBF\xBD\"]");
}

TEST(JsonWriter, WritesNumbersThatReadBackTheSame) {
  EXPECT_EQ(json(INT64_MIN, UINT64_MAX, 0.1, 1e300, std::int16_t{-5}),
            "[-9223372036854775808,18446744073709551615,0.1,1e+300,-5]");
  EXPECT_EQ(json(std::numeric_limits<double>::infinity()), "[null]");
}

TEST(Buffer, KeepsItsBytesWhenItGrowsAndConsumes) {
  Buffer buffer;
  std::string expected;
  for (int i = 0; i < 1'000; ++i) {
    buffer.append_integer(i);
    expected += std::to_string(i);
  }
  EXPECT_EQ(buffer.view(), expected);
  buffer.consume(10);
  EXPECT_EQ(buffer.view(), expected.substr(10));
}

TEST(Buffer, RecyclesOnlyWhatIsSmallEnough) {
  Buffer buffer;
  buffer.append(std::string(1'000, 'x'));
  buffer.recycle(2'000);
  EXPECT_GE(buffer.capacity(), 1'000u);
  buffer.recycle(500);
  EXPECT_EQ(buffer.capacity(), 0u);
}

TEST(Rfc3339, ReadsBackWhatItWrote) {
  const Timestamp time =
      std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) + 23h + 59min + 58s + 123'456us;
  EXPECT_EQ(to_rfc3339(time), "2024-02-29T23:59:58.123456Z");
  EXPECT_EQ(parse_rfc3339("2024-02-29T23:59:58.123456Z"), time);
  EXPECT_EQ(parse_rfc3339("2024-03-01T01:59:58.123456789+02:00"), time);
}

TEST(Rfc3339, TakesADateAlone) {
  EXPECT_EQ(parse_rfc3339("1969-12-31"), Timestamp(-24h));
  EXPECT_EQ(to_rfc3339(Timestamp(-1us)), "1969-12-31T23:59:59.999999Z");
}

TEST(Rfc3339, WritesTimesBeyondFourDigitsOfTheYearAsTheFirstAndTheLast) {
  EXPECT_EQ(to_rfc3339(Timestamp::min()), "0000-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_rfc3339(Timestamp::max()), "9999-12-31T23:59:59.999999Z");
}

TEST(Rfc3339, RefusesWhatIsNotATime) {
  for (const auto* text :
       {"", "2024", "2023-02-29", "2024-13-01", "2024-01-01T", "2024-01-01T25:00:00Z",
        "2024-01-01T00:00:00", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+1",
        "2024-01-01T00:00:00Zx", "2024-01-01T00:00:00.1234567890Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Durations, AreNumbersWithUnits) {
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("0"), 0s);
  for (const auto* text : {"", "30", "s", "-1s", "1.5s", "1 s", "30S", "99999999999999999d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  EXPECT_EQ(format_duration(90min), "90m");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(0s), "0s");
}

TEST(Sizes, AreNumbersWithUnits) {
  EXPECT_EQ(parse_bytes("64MiB"), 64u << 20);
  EXPECT_EQ(parse_bytes("10kB"), 10'000u);
  EXPECT_EQ(parse_bytes("17"), 17u);
  for (const auto* text : {"", "MiB", "1mib", "1 MiB", "1MiB2", "-1", "99999999999999GiB"}) {
    EXPECT_FALSE(parse_bytes(text)) << text;
  }
  EXPECT_EQ(format_bytes(64u << 20), "64MiB");
  EXPECT_EQ(format_bytes(1'500), "1500B");
}

TEST(Scalars, TakeTheWholeTextOrNothing) {
  EXPECT_EQ(parse_integer("-12"), -12);
  EXPECT_FALSE(parse_integer("12 "));
  EXPECT_FALSE(parse_integer("9223372036854775808"));
  EXPECT_EQ(parse_decimal("0.85"), 0.85);
  EXPECT_EQ(parse_bool("on"), true);
  EXPECT_EQ(parse_bool("0"), false);
  EXPECT_FALSE(parse_bool("TRUE"));
}

TEST(Base64Url, ReadsBackWhatItWrote) {
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < 70; ++i) {
    EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
    bytes.push_back(static_cast<std::uint8_t>(i * 37));
  }
  EXPECT_EQ(to_base64url(std::vector<std::uint8_t>{0xfb, 0xff}), "-_8");
}

TEST(Base64Url, HasOneSpellingPerValue) {
  EXPECT_FALSE(from_base64url("-_8="));
  EXPECT_FALSE(from_base64url("-_9"));  // left-over bits are not zero
  EXPECT_FALSE(from_base64url("a"));
  EXPECT_FALSE(from_base64url("+/"));
}

TEST(Hex, IsLowerCase) { EXPECT_EQ(to_hex(std::vector<std::uint8_t>{0, 0xab}), "00ab"); }

TEST(Utf8, TextOfOthersIsCutAtACharacterAndTakenByTheDatabase) {
  EXPECT_EQ(clean_utf8(std::string(199, 'a') + "\xC3\xA9", 200),
            std::string(199, 'a') + "\xC3\xA9");
  EXPECT_EQ(clean_utf8(std::string(199, 'a') + "\xC3\xA9z", 199), std::string(199, 'a'));
  EXPECT_EQ(clean_utf8(std::string("a\0\xC3", 3), 10), "a\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(clean_utf8("\xF0\x9F\x98\x80\xF0\x9F\x98\x80", 1), "\xF0\x9F\x98\x80");
  EXPECT_EQ(clean_utf8("", 3), "");
}

TEST(Utf8, RefusesOverlongFormsSurrogatesAndTruncation) {
  EXPECT_TRUE(is_utf8("a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80"));
  EXPECT_EQ(utf8_length("a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80"), 4u);
  for (const auto* text :
       {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xC3", "\xE2\x82", "\x80", "\xFF"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(Line, HasNothingThatLeavesItOrTurnsItsDirection) {
  for (const auto* line : {"", "Kettle", "Käse – 東京", "שלום", "\u200Fعربي\u200E", "می\u200Cخواهم",
                           "👨\u200D👩\u200D👧", "e\u0301", "soft\u00ADhyphen", "no\u00A0break"}) {
    EXPECT_TRUE(is_line(line)) << line;
  }
  for (const auto* other : {"a\nb", "a\tb", "\x1b[31m", "a\x7f", "a\u0085b", "a\u2028b", "a\u2029b",
                            "\u202Etxt.exe", "a\u2066b", "a\u2069b", "\xff", "\xed\xa0\x80"}) {
    EXPECT_FALSE(is_line(other)) << other;
  }
  EXPECT_FALSE(is_line(std::string_view("a\0b", 3)));
}

TEST(Line, OfWhatCannotBeSeenIsNotVisible) {
  for (const auto* seen : {"x", "1", "-", "東", "€", " a ", "👍", "\u200Bx", "ㄱ"}) {
    EXPECT_TRUE(is_visible(seen)) << seen;
  }
  for (const auto* unseen :
       {"", " ", "\u00A0", "\u3000", "\u200B\u200D", "\u2060", "\uFEFF", "\u3164", "\u115F\u1160",
        "\uFFA0", "\u2800", "\u00AD", "\u0301", "\uFE0F", "\U000E0041", "\uE000", "\u200E\u200F"}) {
    EXPECT_FALSE(is_visible(unseen)) << unseen;
  }
}

TEST(Line, SaysWhatIsWrongWithIt) {
  EXPECT_EQ(line_problem("ü", 1, 1), std::nullopt);
  EXPECT_EQ(line_problem("", 0, 1), std::nullopt);
  EXPECT_EQ(line_problem("üü", 1, 1), "must have 1 to 1 characters");
  EXPECT_EQ(line_problem("", 1, 9), "must have 1 to 9 characters");
  EXPECT_EQ(line_problem("\u200B", 0, 9), "must have a character that can be seen");
  EXPECT_TRUE(line_problem("a\nb", 0, 9));
}

TEST(OneLine, KeepsATextInItsPlace) {
  EXPECT_EQ(one_line("a\r\nb\tc\u2028d\u202Ee"), "a  b c d e");
  EXPECT_EQ(one_line("Käse"), "Käse");
  EXPECT_EQ(one_line("שלום"), "\u2068שלום\u2069");
}

}  // namespace
}  // namespace souk
