#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>

#include "app/commands/commands.h"
#include "base/json_writer.h"

namespace souk::app {
namespace {

struct Row {
  std::string setting;
  std::string value;
  std::string_view source;
  std::string origin;
};

std::vector<Row> rows_of(const EffectiveSettings& effective) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < all_settings().size(); ++i) {
    const auto& setting = all_settings()[i];
    const auto& [source, origin] = effective.origins[i];
    rows.push_back(
        {setting.key(), setting.printed(effective.values), setting_source_name(source), origin});
  }
  return rows;
}

std::vector<std::string> settings_with_flags() {
  std::vector<std::string> keys;
  for (const auto& setting : all_settings()) {
    if (!setting.flag.empty()) keys.push_back(setting.key());
  }
  return keys;
}

void print_json(const std::vector<Row>& rows, std::ostream& out) {
  Buffer text;
  JsonWriter json(text);
  json.begin_array();
  for (const auto& row : rows) {
    json.begin_object();
    json.member("setting", std::string_view(row.setting));
    json.member("value", std::string_view(row.value));
    json.member("source", row.source);
    json.key("origin");
    row.origin.empty() ? json.null() : json.value(std::string_view(row.origin));
    json.end_object();
  }
  json.end_array();
  out << text.view() << '\n';
}

void print_table(const std::vector<Row>& rows, std::ostream& out) {
  std::size_t setting_width = 0;
  std::size_t value_width = 0;
  for (const auto& row : rows) {
    setting_width = std::max(setting_width, row.setting.size());
    value_width = std::max(value_width, row.value.size());
  }
  const auto print_row = [&](std::string_view setting, std::string_view value,
                             std::string_view source) {
    fmt::print(out, "{:{}}  {:{}}  {}\n", setting, setting_width, value, value_width, source);
  };
  print_row("SETTING", "VALUE", "SOURCE");
  for (const auto& row : rows) {
    print_row(row.setting, row.value,
              row.origin.empty() ? std::string(row.source)
                                 : fmt::format("{} ({})", row.source, row.origin));
  }
}

}  // namespace

void add_config(CLI::App& app, Invocation& invocation) {
  auto& command = *app.add_subcommand(
      "config", "Print the effective settings and where each came from; secrets are redacted.");
  const auto as_json = std::make_shared<bool>(false);
  command.add_flag("--json", *as_json, "Print a JSON array instead of a table.");
  command.footer(R"(Examples:
  souk config --port 9000
  SOUK_HTTP_PORT=9000 souk config --set log.level=debug
  souk config --config production.toml --json)");
  run_with_settings(command, invocation, settings_with_flags(),
                    [&invocation, as_json](const EffectiveSettings& all) {
                      (*as_json ? print_json : print_table)(rows_of(all), invocation.out);
                      return kExitOk;
                    });
}

}  // namespace souk::app
