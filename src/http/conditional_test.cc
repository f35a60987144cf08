#include "http/conditional.h"

#include <gtest/gtest.h>

namespace souk::http {
namespace {

TEST(MakeEtag, IsQuotedAndFollowsTheContent) {
  EXPECT_EQ(make_etag(42), "\"42\"");
  EXPECT_EQ(make_etag("page").size(), 12u);
  EXPECT_NE(make_etag("page"), make_etag("pagf"));
  EXPECT_EQ(make_etag("page"), make_etag(std::string("page")));
}

TEST(IfNoneMatch, ComparesWeakly) {
  EXPECT_TRUE(names_etag_weakly("\"1\"", "\"1\""));
  EXPECT_TRUE(names_etag_weakly("W/\"1\"", "\"1\""));
  EXPECT_TRUE(names_etag_weakly("\"0\", W/\"1\" ,\"2\"", "\"1\""));
  EXPECT_TRUE(names_etag_weakly("\"a,b\",\"1\"", "\"1\""));
  EXPECT_TRUE(names_etag_weakly("*", "\"1\""));
  EXPECT_FALSE(names_etag_weakly("\"2\"", "\"1\""));
  EXPECT_FALSE(names_etag_weakly("1", "\"1\""));
  EXPECT_FALSE(names_etag_weakly("\"1", "\"1\""));
  EXPECT_FALSE(names_etag_weakly("", "\"1\""));
}

TEST(IfMatch, ComparesStrongly) {
  EXPECT_TRUE(names_etag_strongly("\"1\"", "\"1\""));
  EXPECT_TRUE(names_etag_strongly("*", "\"1\""));
  EXPECT_FALSE(names_etag_strongly("W/\"1\"", "\"1\""));
  EXPECT_FALSE(names_etag_strongly("W/\"1\"", "W/\"1\""));
}

Response tagged() { return {.status = 200, .etag = "\"1\"", .body = Body(std::string("body"))}; }

Request asking(Method method, std::string_view if_none_match) {
  Request request;
  request.method = method;
  request.headers.add("If-None-Match", if_none_match);
  return request;
}

TEST(Conditional, WhatTheClientHasIsNotSentAgain) {
  auto response = tagged();
  apply_conditional(asking(Method::kGet, "\"1\""), response);
  EXPECT_EQ(response.status, 304);
  EXPECT_EQ(response.etag, "\"1\"");
  EXPECT_EQ(response.body.size(), 0u);
}

TEST(Conditional, AnotherVersionIsSent) {
  auto response = tagged();
  apply_conditional(asking(Method::kGet, "\"2\""), response);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body.bytes(), "body");
}

TEST(Conditional, OnlySafeMethodsAndSuccessAreConditional) {
  auto posted = tagged();
  apply_conditional(asking(Method::kPost, "\"1\""), posted);
  EXPECT_EQ(posted.status, 200);
  auto missing = tagged();
  missing.status = 404;
  apply_conditional(asking(Method::kGet, "\"1\""), missing);
  EXPECT_EQ(missing.status, 404);
}

}  // namespace
}  // namespace souk::http
