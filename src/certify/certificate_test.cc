#include "certify/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

namespace souk::certify {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

struct Pair {
  std::string secret;
  std::string open;
};

// A new key in PEM.
Pair make_key() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free);
  const auto text_of = [](auto write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
    EXPECT_EQ(write(bio.get()), 1);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
  };
  return {text_of([&key](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          }),
          text_of([&key](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key.get()); })};
}

Certificate kept() {
  return {.subject = "Souk 1.0",
          .machine = {"Linux", "2 cores"},
          .command = "souk certify",
          .method = "It is loaded.",
          .claims = {{"fresh", "Nodes are fresh.", "s", Rule::kAtMost, 0.1},
                     {"goodput", "It does not collapse.", "share", Rule::kAtLeast, 0.5}},
          .findings = {{"fresh", 0.02}, {"goodput", 0.9}},
          .raw = {{"load", R"({"requests":3})"}}};
}

std::string sealed(const Certificate& certificate, const SigningKey* key = nullptr) {
  return seal(certificate, key).value();
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return text.replace(at, what.size(), by);
}

TEST(Certificate, AsItWasMadeIsVerified) {
  const auto result = verify(sealed(kept()), {});
  ASSERT_TRUE(result.has_value());
  EXPECT_THAT(result->problems, IsEmpty());
  EXPECT_TRUE(result->all_kept);
  EXPECT_EQ(result->subject, "Souk 1.0");
  EXPECT_EQ(result->public_key, "");
}

TEST(Certificate, AClaimThatWasMissedOrNotMeasuredIsNotKept) {
  auto missed = kept();
  missed.findings[1].measured = 0.4;
  EXPECT_FALSE(missed.all_kept());
  const auto result = verify(sealed(missed), {});
  ASSERT_TRUE(result.has_value());
  EXPECT_THAT(result->problems, IsEmpty());
  EXPECT_FALSE(result->all_kept);
  auto unmeasured = kept();
  unmeasured.findings[0].measured.reset();
  EXPECT_FALSE(unmeasured.all_kept());
  EXPECT_FALSE(verify(sealed(unmeasured), {})->all_kept);
  auto absent = kept();
  absent.findings.pop_back();
  EXPECT_FALSE(absent.all_kept());
  EXPECT_THAT(verify(sealed(absent), {})->problems, IsEmpty());
  auto interrupted = kept();
  interrupted.interrupted = true;
  EXPECT_FALSE(interrupted.all_kept());
  EXPECT_THAT(verify(sealed(interrupted), {})->problems, IsEmpty());
}

TEST(Certificate, AnyChangeIsFound) {
  const auto document = sealed(kept());
  for (const auto& [what, by] :
       {std::pair{"0.02", "0.01"}, std::pair{"\"requests\":3", "\"requests\":4"},
        std::pair{"Souk 1.0", "Souk 2.0"}}) {
    const auto result = verify(replaced(document, what, by), {});
    ASSERT_TRUE(result.has_value());
    EXPECT_THAT(result->problems, Contains(HasSubstr("digest"))) << what;
  }
}

// Whoever changes it can compute the digest again: the rest must still be consistent.
std::string digested_again(const std::string& document) {
  constexpr std::string_view kOpening = R"({"certificate":)";
  const auto at = document.rfind(R"(,"seal":{)");
  const auto text = document.substr(kOpening.size(), at - kOpening.size());
  return document.substr(0, at) + R"(,"seal":{"sha256":")" + sha256_hex(text) + "\"}}\n";
}

TEST(Certificate, AVerdictThatDoesNotFollowIsFoundUnderAnyDigest) {
  auto missed = kept();
  missed.findings[0].measured = 0.2;
  const auto flattered = replaced(sealed(missed), R"("kept":false)", R"("kept":true)");
  EXPECT_THAT(verify(digested_again(flattered), {})->problems,
              Contains(HasSubstr("does not follow")));
  const auto moved = replaced(sealed(missed), R"("limit":0.1)", R"("limit":0.3)");
  EXPECT_THAT(verify(digested_again(moved), {})->problems, Contains(HasSubstr("before the run")));
}

TEST(Certificate, ASignatureBindsItToAKey) {
  const auto pair = make_key();
  const auto key = SigningKey::read(pair.secret);
  ASSERT_TRUE(key.has_value());
  const auto document = sealed(kept(), &*key);
  const auto anybody = verify(document, {});
  ASSERT_TRUE(anybody.has_value());
  EXPECT_THAT(anybody->problems, IsEmpty());
  EXPECT_EQ(anybody->public_key, key->public_key());
  EXPECT_THAT(verify(document, pair.open)->problems, IsEmpty());
  EXPECT_THAT(verify(document, key->public_key())->problems, IsEmpty());
  EXPECT_THAT(verify(document, make_key().open)->problems, Contains(HasSubstr("another key")));
  EXPECT_THAT(verify(sealed(kept()), pair.open)->problems, Contains(HasSubstr("not signed")));
  // A new digest, and the old signature.
  auto changed = replaced(document, "0.02", "0.01");
  const auto old = sha256_hex(document.substr(15, document.rfind(R"(,"seal":{)") - 15));
  const auto now = sha256_hex(changed.substr(15, changed.rfind(R"(,"seal":{)") - 15));
  changed = replaced(changed, old, now);
  EXPECT_THAT(verify(changed, {})->problems, Contains(HasSubstr("signature")));
}

TEST(Certificate, KeysOfOtherKindsAndOtherFilesAreRefused) {
  EXPECT_FALSE(SigningKey::read("").has_value());
  EXPECT_FALSE(SigningKey::read(make_key().open).has_value());
  EXPECT_FALSE(verify("", {}).has_value());
  EXPECT_FALSE(verify("{}", {}).has_value());
  EXPECT_FALSE(verify(R"({"certificate":{},"seal":{}})", {}).has_value());
  EXPECT_FALSE(verify(R"({"certificate":{"subject":1},"seal":{"sha256":""}})", {}).has_value());
}

}  // namespace
}  // namespace souk::certify
