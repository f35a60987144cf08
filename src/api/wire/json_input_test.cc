#include "api/wire/json_input.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/wire/common_types.h"
#include "http/error_codes.h"

namespace souk::api {

struct Point {
  std::int32_t x = 0;
  std::string label = "none";
  std::optional<AddressId> place;
  std::optional<std::optional<std::string>> note;
  std::vector<Money> prices;
  bool shown = false;
};

template <>
inline constexpr auto describe<Point> =
    object({.name = "Point"}, field("x", &Point::x),
           field("label", &Point::label, {.presence = Presence::kOptional}),
           field("place", &Point::place, {.presence = Presence::kNullable}),
           field("note", &Point::note, {.presence = Presence::kNullable}),
           field("prices", &Point::prices, {.presence = Presence::kOptional}),
           field("shown", &Point::shown, {.presence = Presence::kOptional}));

namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

Result<Point> read(std::string_view body, std::string_view type = "application/json") {
  JsonInput input;
  http::Request request;
  request.headers.add("Content-Type", type);
  request.body = body;
  return input.read<Point>(request);
}

ErrorCode code_of(std::string_view body) { return read(body).error().code; }

auto refusal(std::string_view pointer, std::string_view reason) {
  return AllOf(Field(&FieldError::pointer, pointer), Field(&FieldError::reason, HasSubstr(reason)));
}

std::vector<FieldError> refusals(std::string_view body) {
  const auto result = read(body);
  if (result) return {};
  EXPECT_EQ(result.error().code, ErrorCode::kValidationFailed) << body;
  return result.error().fields;
}

TEST(JsonInput, TellsNullFromAnAbsentMemberWhereThatMatters) {
  EXPECT_EQ(read(R"({"x":1})")->note, std::nullopt);
  const auto erased = read(R"({"x":1,"note":null})")->note;
  ASSERT_TRUE(erased.has_value());
  EXPECT_EQ(*erased, std::nullopt);
  EXPECT_EQ(read(R"({"x":1,"note":"n"})")->note.value(), "n");
  EXPECT_THAT(refusals(R"({"x":1,"note":1})"), ElementsAre(refusal("/note", "")));
}

TEST(JsonInput, TakesAnIntegerHoweverItIsWritten) {
  const std::initializer_list<std::pair<std::string_view, std::int32_t>> kWritten = {
      {"1.0", 1},
      {"-1.00", -1},
      {"1e2", 100},
      {"1E+2", 100},
      {"1.5e1", 15},
      {"100e-2", 1},
      {"-0", 0},
      {"-0.0", 0},
      {"0e400", 0},
      {"0.0e-400", 0},
      {"2147483647.000", 2147483647}};
  for (const auto& [text, number] : kWritten) {
    const auto point = read(fmt::format(R"({{"label":"1.0 \\\"2e1","x":{}}})", text));
    ASSERT_TRUE(point) << text;
    EXPECT_EQ(point->x, number) << text;
    EXPECT_EQ(point->label, "1.0 \\\"2e1");
  }
  const auto exact = read(R"({"x":1,"prices":[{"amount":9007199254740993.0,"currency":"EUR"}]})");
  EXPECT_EQ(exact->prices.at(0).amount, 9'007'199'254'740'993);
  for (const auto* other : {"1.5", "1e-1", "1.00000000000000000001", "1e10", "1e19", "1e300"}) {
    EXPECT_THAT(refusals(fmt::format(R"({{"x":{}}})", other)), ElementsAre(refusal("/x", "")))
        << other;
  }
  for (const auto* malformed : {"1.", ".5", "01.0", "1e", "--1.0", "1.0.0", "+1", "1e400"}) {
    EXPECT_EQ(code_of(fmt::format(R"({{"x":{}}})", malformed)), ErrorCode::kInvalidRequest)
        << malformed;
  }
}

TEST(JsonInput, ReadsEveryMember) {
  const auto point =
      read(R"({"x":-3,"label":"a\u00e4/","place":"018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01",)"
           R"("prices":[{"currency":"EUR","amount":1999}],"shown":true})");
  ASSERT_TRUE(point);
  EXPECT_EQ(point->x, -3);
  EXPECT_EQ(point->label, "a\xc3\xa4/");
  EXPECT_TRUE(point->place);
  EXPECT_EQ(point->prices, std::vector{(Money{1999, *Currency::parse("EUR")})});
  EXPECT_TRUE(point->shown);
}

TEST(JsonInput, AbsentMembersKeepWhatTheyHad) {
  const auto point = read(R"( {"x": 1} )");
  ASSERT_TRUE(point);
  EXPECT_EQ(point->label, "none");
  EXPECT_FALSE(point->place);
}

TEST(JsonInput, NullIsAbsenceOnlyWhereItMayBe) {
  EXPECT_TRUE(read(R"({"x":1,"place":null})"));
  EXPECT_THAT(refusals(R"({"x":1,"label":null})"), ElementsAre(refusal("/label", "a string")));
  EXPECT_THAT(refusals(R"({"x":null})"), ElementsAre(refusal("/x", "an integer")));
}

TEST(JsonInput, EveryRefusedMemberIsNamed) {
  EXPECT_THAT(refusals(R"({"label":1,"prices":[{"amount":1.5,"currency":"eur"},7],"y":0})"),
              ElementsAre(refusal("/x", "missing"), refusal("/label", "a string"),
                          refusal("/prices/0/amount", "an integer"),
                          refusal("/prices/0/currency", "capital letters"),
                          refusal("/prices/1", "an object"), refusal("/y", "not a member")));
}

TEST(JsonInput, NumbersAreIntegersInRange) {
  EXPECT_TRUE(read(R"({"x":2147483647})"));
  for (const auto* body :
       {R"({"x":2147483648})", R"({"x":-2147483649})", R"({"x":9223372036854775808})"}) {
    EXPECT_THAT(refusals(body), ElementsAre(refusal("/x", "out of range"))) << body;
  }
  for (const auto* body : {R"({"x":1.5})", R"({"x":"1"})", R"({"x":true})"}) {
    EXPECT_THAT(refusals(body), ElementsAre(refusal("/x", "an integer"))) << body;
  }
  EXPECT_EQ(code_of(R"({"x":18446744073709551616})"), ErrorCode::kInvalidRequest);
  EXPECT_EQ(code_of(R"({"x":1e999})"), ErrorCode::kInvalidRequest);
}

TEST(JsonInput, AMemberThatIsThereTwiceIsRefused) {
  EXPECT_THAT(refusals(R"({"x":1,"x":1})"), ElementsAre(refusal("/x", "twice")));
  EXPECT_THAT(refusals(R"({"x":1,"\u0078":2})"), ElementsAre(refusal("/x", "twice")));
}

TEST(JsonInput, TextHoldsNoNul) {
  EXPECT_THAT(refusals(R"({"x":1,"label":"a\u0000b"})"), ElementsAre(refusal("/label", "U+0000")));
}

TEST(JsonInput, WhatIsNotJsonIsNoRequest) {
  for (const std::string_view body :
       {"", " ", "{", "nonsense", R"({"x":1} {})", R"({"x":1,})", R"({"x":01})", R"({'x':1})",
        "{\"x\":1,\"label\":\"\xff\"}", "{\"x\":1,\"label\":\"a\nb\"}",
        R"({"x":1,"label":"\ud800"})", R"({"x":NaN})", "\xef\xbb\xbf{\"x\":1}"}) {
    EXPECT_EQ(code_of(body), ErrorCode::kInvalidRequest) << body;
  }
}

TEST(JsonInput, OnlyAnObjectWillDo) {
  for (const auto* body : {"[]", "1", "\"x\"", "null"}) {
    EXPECT_THAT(refusals(body), ElementsAre(refusal("", "an object"))) << body;
  }
}

TEST(JsonInput, DepthIsBounded) {
  const auto nested = [](std::size_t depth) {
    return R"({"x":1,"y":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_THAT(refusals(nested(kMaxJsonDepth - 2)), ElementsAre(refusal("/y", "not a member")));
  EXPECT_EQ(code_of(nested(kMaxJsonDepth)), ErrorCode::kInvalidRequest);
  EXPECT_EQ(code_of(nested(100'000)), ErrorCode::kInvalidRequest);
  // Also after a large body has made the parser grow.
  JsonInput input;
  http::Request request;
  request.headers.add("Content-Type", "application/json");
  const auto large = R"({"x":1,"label":")" + std::string(100'000, 'a') + "\"}";
  request.body = large;
  EXPECT_TRUE(input.read<Point>(request));
  const auto deep = nested(kMaxJsonDepth);
  request.body = deep;
  EXPECT_EQ(input.read<Point>(request).error().code, ErrorCode::kInvalidRequest);
}

TEST(JsonInput, WhatItSaysAboutBadInputIsBounded) {
  std::string many = R"({"x":1,"prices":[)";
  for (int i = 0; i < 1000; ++i) many += "0,";
  many += "0]}";
  EXPECT_EQ(refusals(many).size(), kMaxReportedFields);

  std::string members = R"({"x":1)";
  for (std::size_t i = 0; i < kMaxObjectMembers; ++i) members += ",\"" + std::to_string(i) + "\":1";
  EXPECT_THAT(refusals(members + "}"), ElementsAre(refusal("", "too many members")));

  const auto long_name = "{\"x\":1,\"" + std::string(5000, 'n') + "\":1}";
  EXPECT_EQ(refusals(long_name).front().pointer.size(), 1 + kMaxEchoedNameBytes);
}

TEST(JsonInput, PointersAreEscaped) {
  EXPECT_THAT(refusals(R"({"x":1,"a/b~c":1,"":2})"),
              ElementsAre(refusal("/a~1b~0c", "not a member"), refusal("/", "not a member")));
}

TEST(JsonInput, OnlyJsonIsRead) {
  constexpr std::string_view kBody = R"({"x":1})";
  for (const auto* type :
       {"application/json", "Application/JSON; charset=utf-8", "application/json ;charset=UTF-8"}) {
    EXPECT_TRUE(read(kBody, type)) << type;
  }
  for (const auto* type :
       {"", "text/plain", "application/jsonx", "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=application/json"}) {
    EXPECT_EQ(read(kBody, type).error().code, http::errors::kUnsupportedMediaType) << type;
  }
}

}  // namespace
}  // namespace souk::api
