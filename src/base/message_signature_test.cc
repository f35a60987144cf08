#include "base/message_signature.h"

#include <gtest/gtest.h>

namespace souk {
namespace {

using std::chrono::seconds;

constexpr std::string_view kSecret = "a secret of the webhooks";
constexpr std::string_view kBody = R"({"id":"event"})";
constexpr Timestamp kNow{seconds(1'767'225'600)};

SignatureVerdict verify(std::string_view signature, std::string_view body = kBody,
                        Timestamp now = kNow) {
  return verify_message(kSecret, signature, body, now, seconds(300));
}

// Made with: printf '1767225600.{"id":"event"}' | openssl dgst -sha256 -hmac "$secret".
TEST(MessageSignature, IsTheOneThatOthersCompute) {
  EXPECT_EQ(sign_message(kSecret, kBody, kNow),
            "t=1767225600,v1=e0c0bfe4d1f3a9e2d2e25ce15251d0cd0607263c707f0d6e6c09b8cedf1fce11");
}

// Python: hmac.new(b"whsec_test", b'1767225600.{"id":"1"}', "sha256").hexdigest()
TEST(MessageSignature, IsTheOneThatPythonComputes) {
  EXPECT_EQ(sign_message("whsec_test", R"({"id":"1"})", kNow),
            "t=1767225600,v1=c9c43053c587d9a132baf3e87a7f5cd6b5e5e5acf4ecb038f8c897644f666304");
}

TEST(MessageSignature, OfTheseBytesAtThisTimeIsGenuine) {
  EXPECT_EQ(verify(sign_message(kSecret, kBody, kNow)), SignatureVerdict::kGenuine);
}

TEST(MessageSignature, OfOtherBytesAnotherTimeOrSecretIsForged) {
  const auto signature = sign_message(kSecret, kBody, kNow);
  EXPECT_EQ(verify(signature, R"({"id":"other"})"), SignatureVerdict::kForged);
  EXPECT_EQ(verify(sign_message("another", kBody, kNow)), SignatureVerdict::kForged);
  EXPECT_EQ(verify("t=1767225601" + signature.substr(signature.find(','))),
            SignatureVerdict::kForged);
  EXPECT_EQ(verify(signature.substr(0, signature.size() - 1)), SignatureVerdict::kForged);
  EXPECT_EQ(verify_message("", sign_message("", kBody, kNow), kBody, kNow, seconds(300)),
            SignatureVerdict::kForged);
}

TEST(MessageSignature, IsStaleOutsideTheToleranceBothWays) {
  const auto signature = sign_message(kSecret, kBody, kNow);
  EXPECT_EQ(verify(signature, kBody, kNow + seconds(300)), SignatureVerdict::kGenuine);
  EXPECT_EQ(verify(signature, kBody, kNow + seconds(301)), SignatureVerdict::kStale);
  EXPECT_EQ(verify(signature, kBody, kNow - seconds(301)), SignatureVerdict::kStale);
}

TEST(MessageSignature, OneOfSeveralIsEnough) {
  const auto signature = sign_message(kSecret, kBody, kNow);
  const auto mark = signature.find(',');
  const auto old = sign_message("the old one", kBody, kNow);
  EXPECT_EQ(verify(old + signature.substr(mark)), SignatureVerdict::kGenuine);
}

TEST(MessageSignature, WhatCannotBeReadIsMalformed) {
  for (const auto* bad : {"", "t=", "t=x,v1=00", "v1=00", "t=1767225600", "t=-1,v1=00", ",,,",
                          "t=99999999999999999999,v1=00", "t=9223372036854775807,v1=00"}) {
    EXPECT_EQ(verify(bad), SignatureVerdict::kMalformed) << bad;
  }
  EXPECT_EQ(verify(std::string(kMaxSignatureBytes + 1, ',')), SignatureVerdict::kMalformed);
}

}  // namespace
}  // namespace souk
