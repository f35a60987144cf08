#include "base/open_files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace souk {
namespace {

TEST(OpenFilesTest, TheSoftLimitRisesToWhatIsWantedAndNoFurtherThanTheHardOne) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{.rlim_cur = 64, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);

  EXPECT_EQ(allow_open_files(100), 100u);
  EXPECT_EQ(allow_open_files(80), 100u);
  EXPECT_EQ(allow_open_files(before.rlim_max + 1), before.rlim_max);

  rlimit now{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &now), 0);
  EXPECT_EQ(now.rlim_cur, before.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace souk
