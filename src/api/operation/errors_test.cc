#include "api/operation/errors.h"

#include <gtest/gtest.h>

#include "postgres/errors.h"

namespace souk::api {
namespace {

TEST(ApiErrors, EveryCodeHasAStatusOfItsClass) {
  for (const auto& info : error_codes()) {
    EXPECT_GE(status_of(info.code), 400) << info.name;
    EXPECT_LE(status_of(info.code), 599) << info.name;
  }
}

TEST(ApiErrors, ProblemCarriesWhatItsStatusAsksFor) {
  for (const auto code : {ErrorCode::kUnauthenticated, ErrorCode::kInvalidCredentials}) {
    const auto response = problem_of({code, "who?"});
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(response.headers.find("WWW-Authenticate"), "Bearer");
  }
  for (const auto code : {ErrorCode::kOverloaded, ErrorCode::kUnavailable}) {
    const auto response = problem_of({code, "later"});
    EXPECT_EQ(response.status, 503);
    EXPECT_TRUE(response.headers.find("Retry-After"));
  }
}

template <class E>
ErrorCode code_of(E exception) {
  return error_of(std::make_exception_ptr(exception)).code;
}

TEST(ApiErrors, ExceptionsAreToldApart) {
  EXPECT_EQ(code_of(Unavailable("x")), ErrorCode::kUnavailable);
  EXPECT_EQ(code_of(Overloaded("x")), ErrorCode::kOverloaded);
  EXPECT_EQ(code_of(ReadOnly("x")), ErrorCode::kReadOnly);
  EXPECT_EQ(code_of(Timeout("x")), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(code_of(OutcomeUnknown("x")), ErrorCode::kOutcomeUnknown);
  EXPECT_EQ(code_of(postgres::StatementError("s", "23505", "c", "m")), ErrorCode::kInternal);
  EXPECT_EQ(code_of(std::runtime_error("secret")), ErrorCode::kInternal);
  EXPECT_EQ(code_of(1), ErrorCode::kInternal);
}

// When the cache had too many waiters, the error blamed the database.
TEST(ApiErrors, AnOverloadSaysWhatWasFull) {
  const Overloaded full("too many requests wait for the cache to be filled");
  const auto error = error_of(std::make_exception_ptr(full));
  EXPECT_EQ(error.detail, "too many requests wait for the cache to be filled; try again");
}

TEST(ApiErrors, ADefectSaysNothingOfItself) {
  const auto error = error_of(std::make_exception_ptr(std::runtime_error("secret")));
  EXPECT_FALSE(error.detail.contains("secret"));
}

}  // namespace
}  // namespace souk::api
