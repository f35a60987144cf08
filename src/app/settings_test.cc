#include "app/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

namespace souk::app {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;

// A settings file in its own folder.
class SettingsFileTest : public ::testing::Test {
 protected:
  SettingsFileTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "souk-settings-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SettingsFileTest() override { std::filesystem::remove_all(folder_); }

  std::string write(std::string_view text) const {
    const auto path = folder_ / "souk.toml";
    std::ofstream(path) << text;
    return path;
  }
  std::string error_of(std::string_view text) const {
    const auto settings = load_settings({.file = write(text)});
    return settings ? "" : settings.error();
  }

 private:
  std::filesystem::path folder_;
};

const SettingOrigin& origin_of(const EffectiveSettings& settings, std::string_view key) {
  return settings.origins.at(static_cast<std::size_t>(find_setting(key) - all_settings().data()));
}

std::string flag_error(std::string key, std::string value) {
  const auto settings = load_settings({.flags = {{"--flag", std::move(key), std::move(value)}}});
  return settings ? "" : settings.error();
}

TEST(Settings, EachSourceStandsOverTheOneBefore) {
  SettingSources sources;
  auto settings = load_settings(sources);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->values.http.port, 8080);
  EXPECT_EQ(origin_of(*settings, "http.port").source, SettingSource::kDefault);

  sources.environment["SOUK_HTTP_PORT"] = "9001";
  settings = load_settings(sources);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->values.http.port, 9001);
  EXPECT_EQ(origin_of(*settings, "http.port").source, SettingSource::kEnvironment);
  EXPECT_EQ(origin_of(*settings, "http.port").name, "SOUK_HTTP_PORT");

  sources.flags.push_back({"--port", "http.port", "9002"});
  settings = load_settings(sources);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->values.http.port, 9002);
  EXPECT_EQ(origin_of(*settings, "http.port").source, SettingSource::kFlag);
  EXPECT_EQ(origin_of(*settings, "http.port").name, "--port");
}

TEST_F(SettingsFileTest, TheFileStandsBetweenDefaultAndEnvironment) {
  const auto path = write(
      "[http]\nport = 9003\naddress = \"0.0.0.0\"\n[telemetry]\n"
      "slow_request = \"250ms\"\nserver_timing = true\n");
  const auto settings =
      load_settings({.file = path, .environment = {{"SOUK_HTTP_ADDRESS", "127.0.0.2"}}});
  ASSERT_TRUE(settings) << settings.error();
  EXPECT_EQ(settings->values.http.port, 9003);
  EXPECT_EQ(settings->values.http.address, "127.0.0.2");
  EXPECT_EQ(settings->values.http.slow_request, 250ms);
  EXPECT_TRUE(settings->values.http.server_timing);
  EXPECT_EQ(origin_of(*settings, "http.port").source, SettingSource::kFile);
  EXPECT_EQ(origin_of(*settings, "http.port").name, path);
}

TEST_F(SettingsFileTest, WhatTheFileGetsWrongIsNamedWithItsLine) {
  EXPECT_THAT(error_of("[http]\nprot = 9000\n"),
              EndsWith("/souk.toml:2: unknown setting http.prot; did you mean http.port?"));
  EXPECT_THAT(error_of("\n[htpp]\nport = 9000\n"),
              EndsWith("/souk.toml:3: unknown setting htpp.port; did you mean http.port?"));
  EXPECT_THAT(error_of("port = 9000\n"),
              EndsWith("/souk.toml:1: unknown setting port; settings stand in sections"));
  EXPECT_THAT(error_of("[http]\nport = 70000\n"),
              EndsWith("/souk.toml:2: http.port must be a whole number from 0 to 65535, not "
                       "\"70000\""));
  EXPECT_THAT(error_of("[http]\nport = 1.5\n"),
              EndsWith("/souk.toml:2: http.port must be a whole number from 0 to 65535"));
  EXPECT_THAT(error_of("[http\n"), HasSubstr("/souk.toml:1: "));
}

TEST(Settings, AFileThatIsNamedMustBeThere) {
  const auto settings = load_settings({.file = "/nonexistent/souk.toml"});
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error(), "cannot read /nonexistent/souk.toml: No such file or directory");
}

// A folder was read as an empty file, and an unreadable file as a missing one.
TEST(Settings, AFileThatCannotBeReadSaysWhy) {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("souk-{}", getpid());
  std::filesystem::create_directory(folder);
  EXPECT_EQ(load_settings({.file = folder}).error(),
            fmt::format("cannot read {}: Is a directory", folder.string()));
  std::filesystem::remove(folder);
  std::ofstream(folder) << "[http]\n";
  const auto below = folder.string() + "/souk.toml";
  EXPECT_EQ(load_settings({.file = below}).error(),
            fmt::format("cannot read {}: Not a directory", below));
  std::filesystem::remove(folder);
}

TEST(Settings, AMisspeltSettingIsToldWhichOneIsNear) {
  EXPECT_EQ(load_settings({.flags = {{"--set htpp.port", "htpp.port", "1"}}}).error(),
            "--set htpp.port: unknown setting htpp.port; did you mean http.port?");
}

TEST(Settings, ABadVariableIsNamedWithItsValueAndWhatIsExpected) {
  const auto settings = load_settings({.environment = {{"SOUK_LOG_LEVEL", "loud"}}});
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error(),
            "SOUK_LOG_LEVEL must be one of debug, info, warning, error, not \"loud\"");
}

TEST(Settings, ABadFlagIsNamedWithItsValueAndWhatIsExpected) {
  EXPECT_EQ(flag_error("http.port", "-1"),
            "--flag must be a whole number from 0 to 65535, not \"-1\"");
  EXPECT_THAT(flag_error("http.port", "80a"), HasSubstr("whole number"));
  EXPECT_THAT(flag_error("http.port", ""), HasSubstr("whole number"));
  EXPECT_THAT(flag_error("telemetry.server_timing", "maybe"), HasSubstr("true or false"));
  EXPECT_THAT(flag_error("telemetry.slow_request", "5"), HasSubstr("from 1ms to 1h, not \"5\""));
  EXPECT_THAT(flag_error("telemetry.slow_request", "2h"), HasSubstr("from 1ms to 1h"));
  for (const auto* price :
       {"0.045", "EUR", "0 EUR", "-1 EUR", "nan EUR", "1e300 EUR", "1  EUR", "1 euro", "1 EUR "}) {
    EXPECT_THAT(flag_error("telemetry.core_hour_price", price),
                HasSubstr("an amount and a currency, such as 0.045 EUR, or nothing"));
  }
  for (const auto* price : {"0.045 EUR", ""}) {
    EXPECT_EQ(flag_error("telemetry.core_hour_price", price), "");
  }
  EXPECT_EQ(flag_error("http.prot", "1"),
            "--flag: unknown setting http.prot; did you mean http.port?");
}

TEST(Settings, ADurationItsMemberCannotHoldExactlyIsRefused) {
  EXPECT_THAT(flag_error("database.connect_timeout", "10001us"), HasSubstr("must be a duration"));
  EXPECT_EQ(flag_error("database.connect_timeout", "11000us"), "");
}

TEST(Settings, SizesTakeUnitsAndListsCommas) {
  const auto settings =
      load_settings({.flags = {{"--set", "http.max_body_bytes", "2MiB"},
                               {"--set", "http.trusted_addresses", "10.0.0.1,10.0.0.2"}}});
  ASSERT_TRUE(settings) << settings.error();
  EXPECT_EQ(settings->values.http.max_body_bytes, 2U << 20);
  EXPECT_THAT(settings->values.http.trusted_addresses,
              ::testing::ElementsAre("10.0.0.1", "10.0.0.2"));
  EXPECT_THAT(flag_error("http.max_body_bytes", "2MB!"), HasSubstr("a size such as"));
}

TEST_F(SettingsFileTest, AListIsAnArrayInTheFile) {
  const auto settings =
      load_settings({.file = write("[http]\ntrusted_addresses = [\"10.0.0.1\", \"10.0.0.2\"]\n")});
  ASSERT_TRUE(settings) << settings.error();
  EXPECT_THAT(settings->values.http.trusted_addresses,
              ::testing::ElementsAre("10.0.0.1", "10.0.0.2"));
}

TEST(Settings, ProxiesThatAreNoAddressesAreRefused) {
  EXPECT_EQ(flag_error("http.trusted_proxies", "10.0.0.0/8,proxy.example"),
            "http.trusted_addresses, http.trusted_proxies: \"proxy.example\" is neither an IP "
            "address nor a block of them such as 192.0.2.0/24 or 2001:db8::/32");
  EXPECT_EQ(flag_error("http.trusted_proxies", "10.0.0.0/8,2001:db8::1"), "");
}

TEST(Settings, OriginsThatNoBrowserSendsAreRefused) {
  EXPECT_EQ(flag_error("cors.origins", "https://shop.example,http://localhost:5173"), "");
  EXPECT_EQ(flag_error("cors.origins", "https://shop.example/"),
            "cors.*: \"https://shop.example/\" is no origin as browsers send it, such as "
            "https://shop.example or http://localhost:5173");
}

TEST(Settings, FilesAreNotServedWhereTheApiIs) {
  EXPECT_EQ(flag_error("http.files_at", "/"), "");
  EXPECT_EQ(flag_error("http.files_at", "/api"),
            "http.files_at must be / or segments of a path that Souk does not use, not \"/api\"");
}

TEST(Settings, SettingsThatContradictEachOtherAreNamed) {
  EXPECT_EQ(flag_error("database.min_connections", "101"),
            "database.min_connections (101) must not be above database.max_connections (100)");
  EXPECT_EQ(flag_error("redis.min_retry_delay", "2s"),
            "redis.min_retry_delay (2s) must not be above redis.max_retry_delay (1s)");
  EXPECT_EQ(flag_error("jobs.history_retention", "1d"),
            "jobs.key_retention (7d) must not be above jobs.history_retention (1d)");
  EXPECT_EQ(flag_error("payments.default_provider", "manual"),
            "payments.default_provider must be a provider that is on, not \"manual\"");
  EXPECT_EQ(flag_error("mail.from", "Shop <shop@example.com>"),
            "mail.from must be an e-mail address, not \"Shop <shop@example.com>\"");
  const auto* const too_long =
      "webhooks.connect_timeout (5s) and webhooks.answer_timeout (15s) together must be below "
      "jobs.handler_timeout (20s)";
  EXPECT_EQ(flag_error("webhooks.answer_timeout", "15s"), too_long);
  EXPECT_EQ(flag_error("webhooks.answer_timeout", "14999ms"), "");
  for (const auto* endpoint : {"collector:4318", "https://shop:secret@collector:4318"}) {
    EXPECT_EQ(flag_error("tracing.endpoint", endpoint),
              "tracing.endpoint must begin with http:// or https:// and name no user or password");
  }
  EXPECT_EQ(flag_error("tracing.endpoint", "https://collector:4318"), "");
}

TEST(Settings, TheDefaultsAreThoseTheRfcAsksFor) {
  const Settings settings;
  EXPECT_EQ(settings.database.min_connections, 5U);
  EXPECT_EQ(settings.database.max_connections, 100U);
  EXPECT_EQ(settings.database.idle_lifetime, 300s);
  EXPECT_EQ(settings.database.command_timeout, 30s);
  EXPECT_EQ(settings.database.max_reconnect_attempts, 3);
  EXPECT_EQ(settings.database.max_reconnect_delay, 5s);
  EXPECT_EQ(settings.http.slow_request, 1s);
}

TEST(Settings, CustomaryVariablesAreTakenAndSouksOwnNamesAreStronger) {
  auto settings = load_settings({.environment = {{"DATABASE_URL", "postgresql://one"},
                                                 {"REDIS_URL", "redis://one"},
                                                 {"SOUK_REDIS_URL", "redis://two"}}});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->values.database.conninfo, "postgresql://one");
  EXPECT_EQ(origin_of(*settings, "database.url").name, "DATABASE_URL");
  EXPECT_EQ(settings->values.redis.url, "redis://two");
}

TEST(Settings, VariablesThatLookLikeASettingAreToldApart) {
  const auto settings =
      load_settings({.environment = {{"SOUK_HTTP_PROT", "1"}, {"SOUK_HTTP_PORT", "1"}, {"X", ""}}});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->unknown_variables,
            std::vector<std::string>{"SOUK_HTTP_PROT is no setting; did you mean SOUK_HTTP_PORT?"});
}

TEST(Settings, SecretsAreNeverPrinted) {
  Settings settings;
  const auto& url = *find_setting("database.url");
  EXPECT_EQ(url.printed(settings), "");
  settings.database.conninfo = "postgresql://souk:hunter2@db/souk";
  EXPECT_EQ(url.printed(settings), "[redacted]");
}

TEST(Settings, EveryDefaultIsAValueItsOwnSettingTakes) {
  for (const auto& setting : all_settings()) {
    Settings settings;
    const auto text = setting.value.text(settings);
    EXPECT_TRUE(setting.value.assign(settings, text)) << setting.key() << " " << text;
    EXPECT_EQ(setting.value.text(settings), text) << setting.key();
  }
}

// Only settings declared as files are checked before root is given up.
TEST(Settings, WhatIsNamedLikeAFileIsOne) {
  for (const auto& setting : all_settings()) {
    const bool named = setting.name.ends_with("_file") || setting.name.ends_with("_path") ||
                       setting.name.ends_with("dir") || setting.name.ends_with("_folder") ||
                       (setting.section == "tls" && setting.value.kind.contains("file"));
    EXPECT_EQ(setting.value.access != 0, named) << setting.key();
  }
}

TEST(Settings, NamesAndFlagsAreUniqueAndHelpIsASentence) {
  std::set<std::string> names;
  for (const auto& setting : all_settings()) {
    EXPECT_TRUE(names.insert(setting.key()).second) << setting.key();
    EXPECT_TRUE(names.insert(setting.environment_name()).second) << setting.key();
    if (!setting.flag.empty()) {
      EXPECT_TRUE(setting.flag.starts_with("--")) << setting.key();
      EXPECT_TRUE(names.insert(std::string(setting.flag)).second) << setting.key();
    }
    EXPECT_TRUE(setting.help.ends_with('.')) << setting.key();
  }
}

}  // namespace
}  // namespace souk::app
