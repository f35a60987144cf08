#include "app/settings.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "app/nearest.h"
#include "base/files.h"

namespace souk::app {
namespace {

using Outcome = std::expected<void, std::string>;

constexpr std::string_view kOfTests = "SOUK_TEST_";  // set by tools/with-servers

// Applies one source after the other to the defaults.
class Loader {
 public:
  Loader() { loaded_.origins.resize(all_settings().size()); }

  Outcome read_file(const std::string& path) {
    const auto text = souk::read_file(path);
    if (!text) return std::unexpected(text.error());
    try {
      const auto file = toml::parse(*text, path);
      for (const auto& [section, table] : file) {
        if (!table.is_table()) {
          return std::unexpected(fmt::format("{}: unknown setting {}; settings stand in sections",
                                             place(path, table), section.str()));
        }
        for (const auto& [name, node] : *table.as_table()) {
          if (auto read = read_node(path, section.str(), name.str(), node); !read) return read;
        }
      }
      return {};
    } catch (const toml::parse_error& error) {
      const auto line = error.source().begin.line;
      return std::unexpected(fmt::format("{}:{}: {}", path, line, error.description()));
    }
  }

  Outcome read_environment(const Environment& environment) {
    std::set<std::string, std::less<>> known;
    for (const auto& setting : all_settings()) {
      for (const auto& name : {std::string(setting.variable), setting.environment_name()}) {
        known.insert(name);
        const auto found = environment.find(name);
        if (name.empty() || found == environment.end()) continue;
        if (auto set = assign(setting, found->second, {SettingSource::kEnvironment, name}, name);
            !set) {
          return set;
        }
      }
    }
    const std::vector<std::string> names(known.begin(), known.end());
    for (const auto& [name, value] : environment) {
      if (name.starts_with("SOUK_") && !name.starts_with(kOfTests) && !known.contains(name)) {
        loaded_.unknown_variables.push_back(
            fmt::format("{} is no setting{}", name, did_you_mean(name, names)));
      }
    }
    return {};
  }

  Outcome read_flags(std::span<const SettingFlag> flags) {
    for (const auto& [flag, key, value] : flags) {
      const auto* setting = find_setting(key);
      if (setting == nullptr) {
        return std::unexpected(unknown_setting(flag, key));
      }
      if (auto set = assign(*setting, value, {SettingSource::kFlag, flag}, flag); !set) return set;
    }
    return {};
  }

  EffectiveSettings take() { return std::move(loaded_); }

 private:
  static std::string place(const std::string& path, const toml::node& node) {
    return fmt::format("{}:{}", path, node.source().begin.line);
  }

  static std::string unknown_setting(std::string_view where, std::string_view key) {
    std::vector<std::string> keys;
    for (const auto& setting : all_settings()) keys.push_back(setting.key());
    return fmt::format("{}: unknown setting {}{}", where, key, did_you_mean(key, keys));
  }

  // The setting's text form; nothing for a node of another type.
  static std::optional<std::string> text_of(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return fmt::to_string(number->get());
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    const auto* items = node.as_array();
    if (items == nullptr) return std::nullopt;
    std::vector<std::string> texts;
    for (const auto& item : *items) {
      if (!item.is_string()) return std::nullopt;
      texts.push_back(item.as_string()->get());
    }
    return fmt::to_string(fmt::join(texts, ","));
  }

  Outcome read_node(const std::string& path, std::string_view section, std::string_view name,
                    const toml::node& node) {
    const auto key = fmt::format("{}.{}", section, name);
    const auto* setting = find_setting(key);
    if (setting == nullptr) {
      return std::unexpected(unknown_setting(place(path, node), key));
    }
    const auto where = fmt::format("{}: {}", place(path, node), key);
    const auto text = text_of(node);
    if (!text) {
      return std::unexpected(fmt::format("{} must be {}", where, setting->value.expected));
    }
    return assign(*setting, *text, {SettingSource::kFile, path}, where);
  }

  Outcome assign(const Setting& setting, std::string_view text, SettingOrigin origin,
                 std::string_view where) {
    if (!setting.value.assign(loaded_.values, text)) {
      return std::unexpected(fmt::format("{} must be {}, not \"{}\"", where, setting.value.expected,
                                         setting.value.secret ? "[redacted]" : text));
    }
    loaded_.origins[static_cast<std::size_t>(&setting - all_settings().data())] = std::move(origin);
    return {};
  }

  EffectiveSettings loaded_;
};

}  // namespace

std::string Setting::key() const { return fmt::format("{}.{}", section, name); }

std::string Setting::environment_name() const {
  auto variable_name = fmt::format("SOUK_{}_{}", section, name);
  std::ranges::transform(variable_name, variable_name.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return variable_name;
}

std::string Setting::printed(const Settings& settings) const {
  auto text = value.text(settings);
  return value.secret && !text.empty() ? "[redacted]" : text;
}

const Setting* find_setting(std::string_view key) {
  const auto settings = all_settings();
  const auto found = std::ranges::find(settings, key, &Setting::key);
  return found == settings.end() ? nullptr : &*found;
}

std::string_view setting_source_name(SettingSource source) {
  static constexpr std::array<std::string_view, 4> kNames = {"default", "file", "environment",
                                                             "flag"};
  return kNames[static_cast<std::size_t>(source)];
}

std::expected<EffectiveSettings, std::string> load_settings(const SettingSources& sources) {
  Loader loader;
  const std::string fallback(kDefaultSettingsFile);
  std::error_code error;
  // A file that cannot be examined is read anyway, for the error.
  const bool missing =
      std::filesystem::status(fallback, error).type() == std::filesystem::file_type::not_found;
  if (sources.file || !missing) {
    if (auto read = loader.read_file(sources.file.value_or(fallback)); !read) {
      return std::unexpected(read.error());
    }
  }
  if (auto read = loader.read_environment(sources.environment); !read) {
    return std::unexpected(read.error());
  }
  if (auto read = loader.read_flags(sources.flags); !read) return std::unexpected(read.error());
  auto loaded = loader.take();
  if (auto wrong = contradiction(loaded.values); !wrong.empty()) {
    return std::unexpected(std::move(wrong));
  }
  return loaded;
}

}  // namespace souk::app
