#include "http/cors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace souk::http {
namespace {

constexpr std::string_view kShop = "https://shop.example";
constexpr std::string_view kDevelopment = "http://localhost:5173";

Headers from(std::string_view origin, std::string_view requested_method = {}) {
  Headers headers;
  if (!origin.empty()) headers.add("origin", origin);
  if (!requested_method.empty()) headers.add("access-control-request-method", requested_method);
  return headers;
}

CorsConfig allowing(std::vector<std::string> origins) {
  CorsConfig config;
  config.origins = std::move(origins);
  config.exposed_headers = {"ETag", "Location"};
  config.headers = {"Authorization", "Content-Type"};
  return config;
}

const Cors& two() {
  static const Cors cors(allowing({std::string(kShop), std::string(kDevelopment)}));
  return cors;
}

TEST(Cors, AnAllowedOriginMayReadTheResponse) {
  for (const auto origin : {kShop, kDevelopment}) {
    EXPECT_EQ(two().fields_for(from(origin)).h1_lines(),
              "Access-Control-Allow-Origin: " + std::string(origin) +
                  "\r\nAccess-Control-Expose-Headers: ETag, Location\r\nVary: Origin\r\n");
  }
}

TEST(Cors, AnotherOriginIsToldNothing) {
  for (const std::string_view origin :
       {"https://shop.example.evil.example", "http://shop.example", "https://shop.example:8443",
        "https://SHOP.example", "null", "*", ""}) {
    EXPECT_EQ(two().fields_for(from(origin)).h1_lines(), "Vary: Origin\r\n") << origin;
    HeaderList headers;
    two().add_preflight(from(origin, "PUT"), "GET, PUT", headers);
    EXPECT_TRUE(headers.empty()) << origin;
  }
}

TEST(Cors, APreflightIsAnsweredForThePathsMethods) {
  HeaderList headers;
  two().add_preflight(from(kShop, "PUT"), "GET, HEAD, PUT, OPTIONS", headers);
  EXPECT_EQ(headers.find("access-control-allow-methods"), "GET, HEAD, PUT, OPTIONS");
  EXPECT_EQ(headers.find("access-control-allow-headers"), "Authorization, Content-Type");
  EXPECT_EQ(headers.find("access-control-max-age"), "7200");
  HeaderList plain_options;
  two().add_preflight(from(kShop), "GET, HEAD, PUT, OPTIONS", plain_options);
  EXPECT_TRUE(plain_options.empty());
}

TEST(Cors, AStarIsForEverybodyAndTheAnswerDoesNotVary) {
  const Cors everybody(allowing({"*"}));
  for (const std::string_view origin :
       {std::string_view("https://any.example"), kShop, std::string_view()}) {
    const auto& fields = everybody.fields_for(from(origin)).fields();
    EXPECT_EQ(fields.find("access-control-allow-origin"), "*");
    EXPECT_EQ(fields.find("vary"), std::nullopt);
    EXPECT_EQ(fields.find("access-control-allow-credentials"), std::nullopt);
  }
}

TEST(Cors, CredentialsAreAllowedOnlyWhereTheyAreSet) {
  EXPECT_EQ(two().fields_for(from(kShop)).fields().find("access-control-allow-credentials"),
            std::nullopt);
  auto config = allowing({std::string(kShop)});
  config.credentials = true;
  EXPECT_EQ(Cors(config).fields_for(from(kShop)).fields().find("access-control-allow-credentials"),
            "true");
}

TEST(Cors, IsOffWithoutOrigins) { EXPECT_FALSE(Cors(CorsConfig()).is_on()); }

TEST(Cors, OriginsAreCheckedToBeSuchAsBrowsersSend) {
  EXPECT_TRUE(Cors::check(CorsConfig()));
  EXPECT_TRUE(
      Cors::check(allowing({"https://shop.example", "http://[::1]:5173", "http://10.0.0.1"})));
  EXPECT_TRUE(Cors::check(allowing({"*"})));
  for (const auto* const origin :
       {"shop.example", "https://shop.example/", "https://Shop.example", "https://shop.example:443",
        "http://shop.example:80", "https://user@shop.example", "null", "", "ftp://shop.example",
        "https://shop.example?x", "https://*.example"}) {
    EXPECT_FALSE(Cors::check(allowing({origin}))) << origin;
  }
  EXPECT_FALSE(Cors::check(allowing({"*", "https://shop.example"})));
  auto config = allowing({"*"});
  config.credentials = true;
  EXPECT_FALSE(Cors::check(config));
  config = allowing({});
  config.headers = {"Content Type"};
  EXPECT_FALSE(Cors::check(config));
}

}  // namespace
}  // namespace souk::http
