#include "loadtest/ledger.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace souk::loadtest {
namespace {

class LedgerFiles : public testing::Test {
 protected:
  LedgerFiles()
      : path_(std::filesystem::temp_directory_path() /
              fmt::format("souk-ledger-{}", static_cast<int>(::getpid()))) {}
  ~LedgerFiles() override { std::filesystem::remove(path_); }

  void append(const std::string& text) { std::ofstream(path_, std::ios::app) << text; }

  std::string path_;
};

Uuid id(std::uint8_t last) {
  Uuid uuid;
  uuid.bytes[15] = last;
  return uuid;
}

TEST_F(LedgerFiles, ReadBackWhatWasWritten) {
  const Baseline baseline{.units = {{id(1), 5}, {id(2), 0}}, .keyless_orders = 3};
  {
    const auto file = LedgerFile::create(path_, baseline);
    ASSERT_TRUE(file.has_value());
    EXPECT_TRUE(file->write({id(7), id(8)}));
    EXPECT_TRUE(file->write({id(9), id(10)}));
  }
  const auto ledger = read_ledger(path_);
  ASSERT_TRUE(ledger.has_value());
  EXPECT_EQ(ledger->baseline->units, baseline.units);
  EXPECT_EQ(ledger->baseline->keyless_orders, 3);
  ASSERT_EQ(ledger->orders.size(), 2u);
  EXPECT_EQ(ledger->orders[1].order, id(9));
  EXPECT_EQ(ledger->orders[1].key, id(10));
}

TEST_F(LedgerFiles, ALineThatWasCutOffIsIgnored) {
  {
    const auto file = LedgerFile::create(path_, std::nullopt);
    EXPECT_TRUE(file->write({id(7), id(8)}));
  }
  append("order 00000000-0000-0000-");
  const auto ledger = read_ledger(path_);
  ASSERT_TRUE(ledger.has_value());
  EXPECT_FALSE(ledger->baseline.has_value());
  EXPECT_EQ(ledger->orders.size(), 1u);
}

TEST_F(LedgerFiles, ADamagedLineIsNamed) {
  append("keyless 0\norder nonsense\n");
  const auto ledger = read_ledger(path_);
  ASSERT_FALSE(ledger.has_value());
  EXPECT_NE(ledger.error().detail.find(":2:"), std::string::npos) << ledger.error().detail;
}

TEST_F(LedgerFiles, AFileThatIsNotThereIsAnError) {
  EXPECT_FALSE(read_ledger("/nonexistent/ledger").has_value());
  EXPECT_FALSE(LedgerFile::create("/nonexistent/ledger", std::nullopt).has_value());
}

}  // namespace
}  // namespace souk::loadtest
