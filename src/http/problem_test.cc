#include "http/problem.h"

#include <gtest/gtest.h>

namespace souk::http {
namespace {

TEST(Problem, HasTheMembersClientsRelyOn) {
  const auto response = problem(ErrorCode::kNotFound, "no \"such\" thing");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(response.body.bytes(),
            R"({"type":"urn:souk:problem:not_found","title":"Not Found","status":404,)"
            R"("detail":"no \"such\" thing","code":"not_found"})");
}

TEST(Problem, NamesTheMembersThatWereRefused) {
  const Error error{.code = ErrorCode::kValidationFailed,
                    .detail = "bad",
                    .fields = {{.pointer = "/name", .reason = "is empty"}}};
  const auto response = problem(error);
  EXPECT_TRUE(
      response.body.bytes().ends_with(R"("errors":[{"pointer":"/name","reason":"is empty"}]})"))
      << response.body.bytes();
}

TEST(Problem, MayCarryMembersOfItsOwn) {
  const Error error{.code = ErrorCode::kLimitReached, .detail = "short"};
  const auto response = problem(error, [](JsonWriter& json) { json.member("lines", 2); });
  EXPECT_TRUE(response.body.bytes().ends_with(R"("code":"limit_reached","lines":2})"))
      << response.body.bytes();
}

}  // namespace
}  // namespace souk::http
