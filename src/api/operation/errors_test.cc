#include "api/operation/errors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "accounts/error_codes.h"
#include "api/operations.h"
#include "api/wire/error_codes.h"
#include "postgres/errors.h"

namespace souk::api {
namespace {

TEST(ApiErrors, EveryCodeHasAnErrorsStatusAndANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const auto code : error_codes()) {
    EXPECT_GE(code.status(), 400) << code.name();
    EXPECT_LE(code.status(), 599) << code.name();
    EXPECT_TRUE(names.insert(code.name()).second) << code.name();
  }
}

TEST(ApiErrors, TheReferenceListsEveryCodeThatAnOperationDeclares) {
  for (const auto* const operation : all_operations()) {
    for (const auto& refusal : operation->refusals) {
      EXPECT_NE(std::ranges::find(error_codes(), refusal.code), error_codes().end())
          << refusal.code.name();
    }
  }
}

TEST(ApiErrors, ProblemCarriesWhatItsStatusAsksFor) {
  for (const ErrorCode code :
       {ErrorCode(ErrorCode::kUnauthenticated), ErrorCode(accounts::errors::kInvalidCredentials)}) {
    const auto response = problem_of({code, "who?"});
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(response.headers.find("WWW-Authenticate"), "Bearer");
  }
  for (const auto code : {ErrorCode(ErrorCode::kOverloaded), ErrorCode(ErrorCode::kUnavailable)}) {
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
