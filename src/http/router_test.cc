#include "http/router.h"

#include <gtest/gtest.h>

namespace souk::http {
namespace {

using Outcome = Match::Outcome;

class RouterTest : public ::testing::Test {
 protected:
  void add(Method method, std::string path) {
    router_.add({.method = method, .path = std::move(path), .handler = {}, .name = {}});
  }
  Match match(Method method, std::string_view path) {
    return router_.match(method, path, parameters_);
  }
  std::string_view found(Method method, std::string_view path) {
    const auto result = match(method, path);
    return result.route == nullptr ? "nothing" : std::string_view(result.route->path);
  }

  Router router_;
  PathParameters parameters_;
};

TEST_F(RouterTest, FindsByMethodAndPath) {
  add(Method::kGet, "/api/products");
  add(Method::kPost, "/api/products");
  EXPECT_EQ(match(Method::kGet, "/api/products").index, 0u);
  EXPECT_EQ(match(Method::kPost, "/api/products").index, 1u);
  EXPECT_EQ(match(Method::kGet, "/api").outcome, Outcome::kNotFound);
  EXPECT_EQ(match(Method::kGet, "/api/products/1").outcome, Outcome::kNotFound);
  EXPECT_EQ(match(Method::kGet, "/").outcome, Outcome::kNotFound);
  EXPECT_EQ(match(Method::kGet, "").outcome, Outcome::kNotFound);
}

TEST_F(RouterTest, HandsParametersOverDecoded) {
  add(Method::kGet, "/users/{user}/addresses/{id}");
  EXPECT_NE(match(Method::kGet, "/users/m%C3%BC/addresses/a%2Fb").route, nullptr);
  EXPECT_EQ(parameters_["user"], "m\xC3\xBC");
  EXPECT_EQ(parameters_["id"], "a/b");
  EXPECT_NE(match(Method::kGet, "/users/1/addresses/2").route, nullptr);
  EXPECT_EQ(parameters_["user"], "1");
  EXPECT_EQ(parameters_["id"], "2");
}

TEST_F(RouterTest, AParameterIsNeverEmpty) {
  add(Method::kGet, "/products/{id}");
  EXPECT_EQ(match(Method::kGet, "/products/").outcome, Outcome::kNotFound);
}

TEST_F(RouterTest, ATrailingSlashIsAnotherPath) {
  add(Method::kGet, "/products");
  EXPECT_EQ(match(Method::kGet, "/products/").outcome, Outcome::kNotFound);
}

TEST_F(RouterTest, BadEncodingIsToldFromNotFound) {
  add(Method::kGet, "/products/{id}");
  EXPECT_EQ(match(Method::kGet, "/products/%zz").outcome, Outcome::kBadPath);
  EXPECT_EQ(match(Method::kGet, "/products/%FF").outcome, Outcome::kBadPath);
}

TEST_F(RouterTest, ALiteralGoesBeforeAParameter) {
  add(Method::kGet, "/users/{id}");
  add(Method::kGet, "/users/me");
  EXPECT_EQ(found(Method::kGet, "/users/me"), "/users/me");
  EXPECT_EQ(found(Method::kGet, "/users/you"), "/users/{id}");
}

TEST_F(RouterTest, TriesTheParameterWhereTheLiteralLeadsNowhere) {
  add(Method::kGet, "/users/me/orders");
  add(Method::kGet, "/users/{id}/addresses");
  EXPECT_EQ(found(Method::kGet, "/users/me/addresses"), "/users/{id}/addresses");
  EXPECT_EQ(parameters_["id"], "me");
}

TEST_F(RouterTest, AParameterThatLedNowhereLeavesNoTrace) {
  add(Method::kGet, "/a/{x}/b");
  add(Method::kGet, "/{y}/{z}/c");
  EXPECT_EQ(found(Method::kGet, "/a/1/c"), "/{y}/{z}/c");
  EXPECT_EQ(parameters_.size(), 2u);
  EXPECT_EQ(parameters_["y"], "a");
  EXPECT_EQ(parameters_["z"], "1");
}

TEST_F(RouterTest, ARestOfPathTakesAllThatFollows) {
  add(Method::kGet, "/files/{folder}/{path...}");
  for (const std::string path : {"", "a", "a/b/c.css", "a/", "a//b"}) {
    const auto whole = "/files/x/" + path;
    EXPECT_EQ(found(Method::kGet, whole), "/files/{folder}/{path...}") << path;
    EXPECT_EQ(parameters_["folder"], "x");
    EXPECT_EQ(parameters_["path"], path);
  }
  EXPECT_EQ(found(Method::kGet, "/files/x/m%C3%BC/b"), "/files/{folder}/{path...}");
  EXPECT_EQ(parameters_["path"], "m\xC3\xBC/b");
  EXPECT_EQ(match(Method::kGet, "/files/x").outcome, Outcome::kNotFound);
}

TEST_F(RouterTest, ARestOfPathCannotLeaveItsFolder) {
  add(Method::kGet, "/files/{path...}");
  for (const std::string path :
       {"..", "../x", "a/../../x", "a/%2e%2E/x", "a%2F..%2Fx", "./x", "a%00"}) {
    EXPECT_EQ(match(Method::kGet, "/files/" + path).outcome, Outcome::kBadPath) << path;
  }
  EXPECT_EQ(match(Method::kGet, "/files/..a/b..c").outcome, Outcome::kFound);
}

TEST_F(RouterTest, WhatIsNamedGoesBeforeARestOfPath) {
  add(Method::kGet, "/files/{path...}");
  add(Method::kGet, "/files/index");
  add(Method::kGet, "/files/{id}/size");
  EXPECT_EQ(found(Method::kGet, "/files/index"), "/files/index");
  EXPECT_EQ(found(Method::kGet, "/files/1/size"), "/files/{id}/size");
  EXPECT_EQ(found(Method::kGet, "/files/1/name"), "/files/{path...}");
  EXPECT_EQ(parameters_["path"], "1/name");
  EXPECT_EQ(parameters_.size(), 1u);
}

TEST_F(RouterTest, RoutesAreOnTheAddressThatTheyName) {
  Routers routers;
  routers.add({.path = "/readyz"});
  routers.add({.path = "/metrics", .served_on = ServedOn::kOperator});
  EXPECT_EQ(routers.shop.match(Method::kGet, "/readyz", parameters_).outcome, Outcome::kFound);
  EXPECT_EQ(routers.shop.match(Method::kGet, "/metrics", parameters_).outcome, Outcome::kNotFound);
  EXPECT_EQ(routers.operators.match(Method::kGet, "/metrics", parameters_).outcome,
            Outcome::kFound);
}

TEST_F(RouterTest, AnotherMethodIsAnsweredWithWhatIsAllowed) {
  add(Method::kGet, "/products");
  add(Method::kPost, "/products");
  const auto result = match(Method::kDelete, "/products");
  EXPECT_EQ(result.outcome, Outcome::kMethodNotAllowed);
  EXPECT_EQ(result.allow, "GET, HEAD, POST, OPTIONS");
}

TEST_F(RouterTest, GetServesHead) {
  add(Method::kGet, "/products");
  EXPECT_EQ(match(Method::kHead, "/products").outcome, Outcome::kFound);
}

TEST_F(RouterTest, HeadIsNotServedWithoutGet) {
  add(Method::kPost, "/orders");
  EXPECT_EQ(match(Method::kHead, "/orders").outcome, Outcome::kMethodNotAllowed);
}

TEST_F(RouterTest, OptionsAreAnsweredForEveryPathThatExists) {
  add(Method::kPut, "/products/{id}");
  EXPECT_EQ(match(Method::kOptions, "/products/1").outcome, Outcome::kOptions);
  EXPECT_EQ(match(Method::kOptions, "/products/1").allow, "PUT, OPTIONS");
  EXPECT_EQ(match(Method::kOptions, "/other").outcome, Outcome::kNotFound);
  EXPECT_EQ(match(Method::kOptions, "*").outcome, Outcome::kOptions);
}

TEST_F(RouterTest, ADeepPathOfAClientIsOnlyNotFound) {
  add(Method::kGet, "/{a}/{b}/{c}/{d}");
  EXPECT_EQ(match(Method::kGet, "/1/2/3/4").outcome, Outcome::kFound);
  EXPECT_EQ(match(Method::kGet, "/1/2/3/4/5").outcome, Outcome::kNotFound);
  EXPECT_EQ(match(Method::kGet, std::string(8000, '/')).outcome, Outcome::kNotFound);
}

}  // namespace
}  // namespace souk::http
