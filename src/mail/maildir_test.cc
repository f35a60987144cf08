#include "mail/maildir.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace souk::mail {
namespace {

class MaildirTest : public testing::Test {
 protected:
  MaildirTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "souk-maildir-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    box_ = folder_ / "orders";
  }
  ~MaildirTest() override { std::filesystem::remove_all(folder_); }

  std::size_t files(const std::string& sub) const {
    const std::filesystem::directory_iterator entries(box_ / sub);
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
  }

  std::filesystem::path folder_;
  std::filesystem::path box_;
};

TEST_F(MaildirTest, HoldsWhatWasDelivered) {
  ASSERT_TRUE(Maildir(box_).deliver("1.a", "hello"));
  std::ifstream file(box_ / "new" / "1.a");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "hello");
  EXPECT_EQ(files("tmp"), 0u);
  EXPECT_TRUE(std::filesystem::is_directory(box_ / "cur"));
}

TEST_F(MaildirTest, DeliveredTwiceIsOneMessage) {
  const Maildir maildir(box_);
  ASSERT_TRUE(maildir.deliver("1.a", "hello"));
  ASSERT_TRUE(maildir.deliver("1.a", "hello"));
  ASSERT_TRUE(maildir.deliver("2.b", "hello"));
  EXPECT_EQ(files("new"), 2u);
  EXPECT_EQ(files("tmp"), 0u);
}

TEST_F(MaildirTest, SaysWhatCannotBeWritten) {
  const auto done = Maildir(folder_ / "missing" / "orders").deliver("1.a", "hello");
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().detail.find("missing/orders"), std::string::npos);
}

}  // namespace
}  // namespace souk::mail
