#include "app/embedded/development_certificate.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "base/files.h"
#include "runtime/tls/authority.h"
#include "seed/tokens.h"

namespace souk::app {
namespace {

using std::chrono::days;

class DevelopmentCertificates : public testing::Test {
 protected:
  DevelopmentCertificates() { std::filesystem::create_directories(folder_); }
  ~DevelopmentCertificates() override { std::filesystem::remove_all(folder_); }

  std::string content() const { return *read_file(made_.certificate); }
  runtime::Authority authority() const {
    return *runtime::Authority::read(
        {.certificate = *read_file(made_.authority), .key = *read_file(made_.authority_key)});
  }

  static std::vector<std::string> names() {
    std::array<char, 256> host{};
    EXPECT_EQ(::gethostname(host.data(), host.size() - 1), 0);
    return {"localhost", "127.0.0.1", "::1", host.data()};
  }
  void replace(const runtime::CertificateAndKey& pem) const {
    ASSERT_TRUE(seed::write_private_file(made_.key, pem.key));
    ASSERT_TRUE(seed::write_private_file(made_.certificate, pem.certificate));
  }

  const std::filesystem::path folder_ =
      testing::TempDir() + "souk-development-" + std::to_string(::getpid());
  const DevelopmentCertificate made_{folder_};
};

TEST_F(DevelopmentCertificates, AreKeptUntilTheyAreAboutToExpire) {
  ASSERT_TRUE(made_.renew());
  const auto first = content();
  ASSERT_TRUE(made_.renew());
  EXPECT_EQ(content(), first);
  for (const auto left : {days(31), days(29)}) {
    const auto old = authority().issue({.names = names(), .lifetime = left});
    replace(old);
    ASSERT_TRUE(made_.renew());
    EXPECT_EQ(content() == old.certificate, left > days(30)) << left.count();
  }
  EXPECT_GT(*runtime::remaining_lifetime(content()), days(89));
}

TEST_F(DevelopmentCertificates, OfALostAuthorityAreReplacedWithIt) {
  ASSERT_TRUE(made_.renew());
  const auto first = content();
  std::filesystem::remove(made_.authority_key);
  ASSERT_TRUE(made_.renew());
  EXPECT_NE(content(), first);
}

TEST_F(DevelopmentCertificates, NameThisMachine) {
  ASSERT_TRUE(made_.renew());
  EXPECT_TRUE(authority().vouches_for(content(), names()));
  const std::vector<std::string> other = {"other.example"};
  EXPECT_FALSE(authority().vouches_for(content(), other));
}

// As after an upgrade, or when the machine has another name.
TEST_F(DevelopmentCertificates, WithoutAllNamesAreReplacedAndTheAuthorityOnlyIfItMust) {
  ASSERT_TRUE(made_.renew());
  const auto same = *read_file(made_.authority);
  replace(authority().issue({.names = {"localhost"}, .lifetime = days(60)}));
  ASSERT_TRUE(made_.renew());
  EXPECT_TRUE(authority().vouches_for(content(), names()));
  EXPECT_EQ(*read_file(made_.authority), same);

  const auto narrow = runtime::Authority::make("Narrow", {"localhost"}, days(3650));
  ASSERT_TRUE(seed::write_private_file(made_.authority_key, narrow.pem().key));
  ASSERT_TRUE(seed::write_private_file(made_.authority, narrow.pem().certificate));
  ASSERT_TRUE(made_.renew());
  EXPECT_TRUE(authority().vouches_for(content(), names()));
}

}  // namespace
}  // namespace souk::app
