#include "webhooks/signature.h"

#include <gtest/gtest.h>

namespace souk::webhooks {
namespace {

constexpr Timestamp kNewYear = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

// Python: hmac.new(b"whsec_test", b'1767225600.{"id":"1"}', "sha256").hexdigest()
TEST(WebhookSignature, IsAnHmacOverTimeAndBody) {
  EXPECT_EQ(sign("whsec_test", kNewYear, R"({"id":"1"})"),
            "t=1767225600,v1=c9c43053c587d9a132baf3e87a7f5cd6b5e5e5acf4ecb038f8c897644f666304");
}

TEST(WebhookSignature, ChangesWithSecretTimeAndBody) {
  const auto one = sign("a", kNewYear, "body");
  EXPECT_NE(one, sign("b", kNewYear, "body"));
  EXPECT_NE(one, sign("a", kNewYear, "bodY"));
  EXPECT_NE(one.substr(one.find(',')),
            sign("a", kNewYear + std::chrono::seconds(1), "body").substr(one.find(',')));
}

TEST(WebhookSecret, IsAnotherEachTime) {
  EXPECT_NE(make_secret(), make_secret());
  EXPECT_EQ(make_secret().size(), 6u + 43u);
  EXPECT_TRUE(make_secret().starts_with("whsec_"));
}

}  // namespace
}  // namespace souk::webhooks
