#include "app/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "app/argument_secrets.h"
#include "app/commands/command.h"

namespace souk::app {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;

struct Outcome {
  int status;
  std::string out;
  std::string err;
};

Outcome souk(std::vector<std::string> arguments, Environment environment = {}) {
  std::ostringstream out;
  std::ostringstream err;
  const int status = run_command_line(std::move(arguments), std::move(environment), out, err);
  return {status, out.str(), err.str()};
}

TEST(CommandLine, HelpIsEverywhereAndHasExamples) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--help"}, {"-h"}, {"config", "--help"}, {"version", "--help"}}) {
    const auto help = souk(arguments);
    EXPECT_EQ(help.status, kExitOk);
    EXPECT_THAT(help.out, HasSubstr("Usage: souk"));
    EXPECT_THAT(help.out, HasSubstr("Example"));
    EXPECT_THAT(help.err, IsEmpty());
  }
  EXPECT_THAT(souk({"config", "--help"}).out, HasSubstr("[default: 8080]"));
  EXPECT_THAT(souk({"--help"}).out, Not(HasSubstr("reference")));
}

TEST(CommandLine, WhatIsUnknownIsNamedAndIsAUsageError) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--bogus"},
                                                    {"bogus"},
                                                    {"config", "--bogus"},
                                                    {"config", "bogus"},
                                                    {"config", "--set", "bogus"},
                                                    {"config", "--set", "bogus=1"}}) {
    const auto refused = souk(arguments);
    EXPECT_EQ(refused.status, kExitUsage);
    EXPECT_THAT(refused.err, HasSubstr("bogus"));
    EXPECT_THAT(refused.out, IsEmpty());
  }
  EXPECT_THAT(souk({"config", "--bogus"}).err, HasSubstr("Try 'souk config --help'."));
}

TEST(CommandLine, WithoutACommandTheHintIsHelp) {
  const auto nothing = souk({});
  EXPECT_EQ(nothing.status, kExitUsage);
  EXPECT_EQ(nothing.err, "souk: a command is missing\nTry 'souk --help'.\n");
}

TEST(CommandLine, ABadValueNamesItsFlag) {
  const auto refused = souk({"config", "--port", "http"});
  EXPECT_EQ(refused.status, kExitUsage);
  EXPECT_EQ(refused.err, "souk: --port must be a whole number from 0 to 65535, not \"http\"\n");
  EXPECT_THAT(souk({"config", "--port"}).err, HasSubstr("--port"));
}

TEST(CommandLine, ConfigTellsWhereEachValueCameFrom) {
  const auto config = souk(
      {"config", "--port=9000", "--set", "log.level=debug", "--set", "telemetry.slow_request=2s"},
      {{"SOUK_HTTP_ADDRESS", "::1"}});
  EXPECT_EQ(config.status, kExitOk);
  EXPECT_THAT(config.out, HasSubstr("http.port"));
  const auto line_of = [&](std::string_view key) {
    const auto from = config.out.find(key);
    return config.out.substr(from, config.out.find('\n', from) - from);
  };
  EXPECT_THAT(line_of("http.port"), MatchesRegex("http.port +9000 +flag \\(--port\\)"));
  EXPECT_THAT(line_of("http.address"),
              MatchesRegex("http.address +::1 +environment \\(SOUK_HTTP_ADDRESS\\)"));
  EXPECT_THAT(line_of("log.level"), MatchesRegex("log.level +debug +flag \\(--set log.level\\)"));
  EXPECT_THAT(line_of("telemetry.slow_request"), HasSubstr("2s"));
  EXPECT_THAT(line_of("data.directory"), MatchesRegex("data.directory +data +default"));
}

TEST(CommandLine, ConfigPrintsJsonWithoutSecrets) {
  const auto config = souk({"config", "--json"}, {{"DATABASE_URL", "postgresql://a:hunter2@b/c"}});
  EXPECT_THAT(config.out, HasSubstr(R"({"setting":"database.url","value":"[redacted]",)"
                                    R"("source":"environment","origin":"DATABASE_URL"})"));
  EXPECT_THAT(config.out, Not(HasSubstr("hunter2")));
  EXPECT_THAT(config.out, HasSubstr(R"("source":"default","origin":null})"));
}

TEST(CommandLine, ConfigWarnsOfAMisspeltVariable) {
  EXPECT_EQ(souk({"config"}, {{"SOUK_HTTP_PROT", "1"}}).err,
            "souk: warning: SOUK_HTTP_PROT is no setting; did you mean SOUK_HTTP_PORT?\n");
}

TEST(CommandLine, WhatIsMistypedIsToldWhatIsNear) {
  EXPECT_THAT(souk({"up", "--prot", "9000"}).err, HasSubstr("; did you mean --port?\n"));
  EXPECT_THAT(souk({"loadtest", "run", "normal_load", "--duratoin=3s"}).err,
              HasSubstr("; did you mean --duration?\n"));
  EXPECT_THAT(souk({"sreve"}).err, HasSubstr("; did you mean serve?\n"));
  EXPECT_THAT(souk({"cache", "shwo"}).err, HasSubstr("did you mean show?\n"));
  EXPECT_THAT(souk({"up", "--nothing-of-the-kind"}).err, Not(HasSubstr("did you mean")));
}

TEST(CommandLine, SecretsLeaveTheArguments) {
  std::vector<std::string> given = {"souk",
                                    "serve",
                                    "--database-url",
                                    "postgresql://a:hunter2@b/c",
                                    "--redis-url=redis://:hunter2@b",
                                    "--set",
                                    "payments.webhook_secret=hunter2",
                                    "--set=database.url=host=b password=hunter2",
                                    "--set",
                                    "payments.webhok_secret=hunter2",
                                    "--databse-url",
                                    "postgresql://a:hunter2@b/c",
                                    "host=b password=hunter2",
                                    "--port",
                                    "9000",
                                    "--set",
                                    "log.level=debug"};
  std::vector<char*> pointers;
  for (auto& argument : given) pointers.push_back(argument.data());
  hide_secrets(pointers);
  std::string shown;
  for (const auto* const argument : pointers) shown += argument + std::string(" ");
  EXPECT_EQ(shown,
            "souk serve --database-url *** --redis-url=*** --set payments.webhook_secret=*** "
            "--set=database.url=*** --set payments.webhok_secret=*** --databse-url "
            "postgresql://*** host=b password=*** --port 9000 --set log.level=debug ");
  for (const auto& argument : given) EXPECT_THAT(argument, Not(HasSubstr("hunter2")));
}

TEST(CommandLine, AShopThatWouldTakePlayMoneyAloneIsServedOnlyWhereItIsSaid) {
  const auto refused = souk({"serve", "--database-url", "host=/nowhere", "--port", "0"});
  EXPECT_EQ(refused.status, kExitUsage);
  EXPECT_THAT(refused.err, HasSubstr("or payments.sandbox = true for a trial"));
  EXPECT_THAT(refused.out, IsEmpty());
}

TEST(CommandLine, VersionTellsWhatTheBinaryIsMadeOf) {
  const auto version = souk({"version"});
  EXPECT_EQ(version.status, kExitOk);
  EXPECT_THAT(version.out, HasSubstr("souk " SOUK_VERSION "\n"));
  EXPECT_THAT(version.out, MatchesRegex("(.|\n)*libraries  (.+ [0-9.]+, )+.+ [0-9.]+\n"));
  EXPECT_EQ(souk({"--version"}).out, "souk " SOUK_VERSION "\n");
}

}  // namespace
}  // namespace souk::app
