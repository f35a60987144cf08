#include "app/embedded/development_certificate.h"

#include <gtest/gtest.h>
#include <unistd.h>

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
    const auto old = authority().issue({.names = {"localhost"}, .lifetime = left});
    ASSERT_TRUE(seed::write_private_file(made_.key, old.key));
    ASSERT_TRUE(seed::write_private_file(made_.certificate, old.certificate));
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

}  // namespace
}  // namespace souk::app
