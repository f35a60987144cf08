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

Response tagged() { return {.status = 200, .etag = "\"1\"", .body = Body(std::string("body"))}; }

Request asking(Method method, std::string_view if_none_match) {
  Request request;
  request.method = method;
  request.headers.add("If-None-Match", if_none_match);
  return request;
}

std::string held(std::string_view if_none_match, std::string_view etag) {
  const auto request = asking(Method::kGet, if_none_match);
  return std::string(held_etag(request, etag));
}

TEST(HeldEtag, IsComparedWeakly) {
  EXPECT_EQ(held("\"1\"", "\"1\""), "\"1\"");
  EXPECT_EQ(held("W/\"1\"", "\"1\""), "W/\"1\"");
  EXPECT_EQ(held("\"0\", W/\"1\" ,\"2\"", "\"1\""), "W/\"1\"");
  EXPECT_EQ(held("\"a,b\",\"1\"", "\"1\""), "\"1\"");
  EXPECT_EQ(held("*", "\"1\""), "\"1\"");
  for (const auto* const field : {"\"2\"", "1", "\"1", ""}) EXPECT_EQ(held(field, "\"1\""), "");
  EXPECT_EQ(held("*", ""), "") << "there is nothing to compare";
}

TEST(HeldEtag, NamesTheContentInAnyCoding) {
  EXPECT_EQ(held("\"1-gzip\"", "\"1\""), "\"1-gzip\"");
  EXPECT_EQ(held("\"2-br\", \"1-zstd\"", "\"1-br\""), "\"1-zstd\"");
  EXPECT_EQ(held("\"1\"", "\"1-br\""), "\"1\"");
  EXPECT_EQ(held("\"1-deflate\"", "\"1\""), "");
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
