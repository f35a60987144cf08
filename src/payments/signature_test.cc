#include "payments/signature.h"

#include <gtest/gtest.h>

namespace souk::payments {
namespace {

using std::chrono::seconds;

constexpr std::string_view kSecret = "a secret of the webhooks";
constexpr std::string_view kBody = R"({"id":"event"})";
constexpr Timestamp kNow{seconds(1'767'225'600)};

Verdict verify(std::string_view signature, std::string_view body = kBody, Timestamp now = kNow) {
  return verify_signature(kSecret, signature, body, now, seconds(300));
}

// Made with: printf '1767225600.{"id":"event"}' | openssl dgst -sha256 -hmac "$secret".
TEST(WebhookSignature, IsTheOneThatOthersCompute) {
  EXPECT_EQ(sign(kSecret, kBody, kNow),
            "t=1767225600,v1=e0c0bfe4d1f3a9e2d2e25ce15251d0cd0607263c707f0d6e6c09b8cedf1fce11");
}

TEST(WebhookSignature, OfTheseBytesAtThisTimeIsGenuine) {
  EXPECT_EQ(verify(sign(kSecret, kBody, kNow)), Verdict::kGenuine);
}

TEST(WebhookSignature, OfOtherBytesAnotherTimeOrSecretIsForged) {
  const auto signature = sign(kSecret, kBody, kNow);
  EXPECT_EQ(verify(signature, R"({"id":"other"})"), Verdict::kForged);
  EXPECT_EQ(verify(sign("another", kBody, kNow)), Verdict::kForged);
  EXPECT_EQ(verify("t=1767225601" + signature.substr(signature.find(','))), Verdict::kForged);
  EXPECT_EQ(verify(signature.substr(0, signature.size() - 1)), Verdict::kForged);
  EXPECT_EQ(verify_signature("", sign("", kBody, kNow), kBody, kNow, seconds(300)),
            Verdict::kForged);
}

TEST(WebhookSignature, IsStaleOutsideTheToleranceBothWays) {
  const auto signature = sign(kSecret, kBody, kNow);
  EXPECT_EQ(verify(signature, kBody, kNow + seconds(300)), Verdict::kGenuine);
  EXPECT_EQ(verify(signature, kBody, kNow + seconds(301)), Verdict::kStale);
  EXPECT_EQ(verify(signature, kBody, kNow - seconds(301)), Verdict::kStale);
}

TEST(WebhookSignature, OneOfSeveralIsEnough) {
  const auto signature = sign(kSecret, kBody, kNow);
  const auto mark = signature.find(',');
  const auto old = sign("the old one", kBody, kNow);
  EXPECT_EQ(verify(old + signature.substr(mark)), Verdict::kGenuine);
}

TEST(WebhookSignature, WhatCannotBeReadIsMalformed) {
  for (const auto* bad : {"", "t=", "t=x,v1=00", "v1=00", "t=1767225600", "t=-1,v1=00", ",,,",
                          "t=99999999999999999999,v1=00", "t=9223372036854775807,v1=00"}) {
    EXPECT_EQ(verify(bad), Verdict::kMalformed) << bad;
  }
  EXPECT_EQ(verify(std::string(kMaxSignatureBytes + 1, ',')), Verdict::kMalformed);
}

}  // namespace
}  // namespace souk::payments
