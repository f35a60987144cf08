#include "loadtest/zipf.h"

#include <gtest/gtest.h>

namespace souk::loadtest {
namespace {

std::vector<double> shares(const AliasTable& table, int draws) {
  SeededRandom random(7);
  std::vector<double> counts(table.size());
  for (int i = 0; i < draws; ++i) counts[table.draw(random)] += 1.0 / draws;
  return counts;
}

TEST(AliasTable, DrawsInProportionToTheWeights) {
  const auto drawn = shares(AliasTable(std::vector<double>{70, 0, 20, 10}), 200'000);
  EXPECT_NEAR(drawn[0], 0.7, 0.01);
  EXPECT_EQ(drawn[1], 0);
  EXPECT_NEAR(drawn[2], 0.2, 0.01);
  EXPECT_NEAR(drawn[3], 0.1, 0.01);
}

TEST(AliasTable, OfOneWeightAlwaysDrawsIt) {
  EXPECT_DOUBLE_EQ(shares(AliasTable(std::vector<double>{0.3}), 1'000)[0], 1);
}

TEST(Zipf, TheSecondIsWantedHalfAsOftenAsTheFirst) {
  const auto drawn = shares(zipf(1'000, 1.0), 500'000);
  const double first = 1 / 7.4854708605503;  // the 1,000th harmonic number
  EXPECT_NEAR(drawn[0], first, 0.003);
  EXPECT_NEAR(drawn[1], first / 2, 0.003);
  EXPECT_NEAR(drawn[9], first / 10, 0.002);
}

}  // namespace
}  // namespace souk::loadtest
