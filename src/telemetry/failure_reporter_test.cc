#include "telemetry/failure_reporter.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <string>

#include "base/clock.h"

namespace souk::telemetry {
namespace {

using testing::HasSubstr;

class FailureReporterTest : public testing::Test {
 protected:
  std::string metrics() {
    Buffer page;
    registry_.render(page);
    return std::string(page.view());
  }

  Registry registry_;
  SystemClock clock_;
  Log log_{LogLevel::kError, ::open("/dev/null", O_WRONLY | O_CLOEXEC), clock_, registry_};
  static constexpr CounterSpec kSpec{"failures_total", "Failures."};
  Counter& failures_ = registry_.cell(kSpec);
  FailureReporter reporter_{log_, failures_, {"exchange_failed", "exchange_resumed", "look"}};
};

TEST_F(FailureReporterTest, EachFailureIsCountedAndTheirBeginningIsLogged) {
  reporter_.failed(Unavailable("away"));
  reporter_.failed(Unavailable("away"));
  reporter_.succeeded();
  reporter_.failed(Unavailable("away again"));
  EXPECT_THAT(metrics(), HasSubstr("failures_total 3\n"));
  EXPECT_THAT(metrics(), HasSubstr("{level=\"warning\",event=\"exchange_failed\"} 2\n"));
}

TEST_F(FailureReporterTest, WhatIsNoLostDatabaseIsAnErrorAlsoWhileItIsLost) {
  reporter_.failed(Unavailable("away"));
  reporter_.failed(std::runtime_error("a defect"));
  reporter_.failed(std::runtime_error("a defect"));
  EXPECT_THAT(metrics(), HasSubstr("{level=\"error\",event=\"exchange_failed\"} 1\n"));
}

}  // namespace
}  // namespace souk::telemetry
