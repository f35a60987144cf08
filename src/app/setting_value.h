// Converts a setting's text to a member of the Settings tree and back: one factory per kind. A path
// of member pointers identifies the member: integer(0, 65'535, &Settings::http,
// &http::ServerConfig::port).
// Threading: immutable.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/parse.h"

namespace souk::app {

struct Settings;

struct SettingValue {
  std::string kind;      // for the reference page: "integer", "duration", ...
  std::string expected;  // completes "must be ..."
  bool secret = false;   // never printed
  // For files opened while Souk runs, the access mode of access(2), which is checked at start as
  // the user that Souk runs as; 0: not a file.
  int access = 0;
  // False, with nothing changed, when the text is invalid.
  std::function<bool(Settings&, std::string_view)> assign;
  std::function<std::string(const Settings&)> text;  // what assign() takes
};

namespace internal {

template <class Root, class... Path>
auto& member(Root& settings, Path... path) {
  return (settings.*....*path);
}

template <class... Path>
using MemberOf =
    std::remove_cvref_t<decltype(member(std::declval<Settings&>(), std::declval<Path>()...))>;

// `parse` returns an optional of the member's type.
template <class Parse, class Format, class... Path>
SettingValue setting_value(std::string kind, std::string expected, Parse parse, Format format,
                           Path... path) {
  return {.kind = std::move(kind),
          .expected = std::move(expected),
          .assign =
              [parse, path...](Settings& settings, std::string_view text) {
                auto value = parse(text);
                if (!value) return false;
                member(settings, path...) = *std::move(value);
                return true;
              },
          .text = [format, path...](
                      const Settings& settings) { return format(member(settings, path...)); }};
}

}  // namespace internal

template <class... Path>
SettingValue integer(std::int64_t min, std::int64_t max, Path... path) {
  return internal::setting_value(
      "integer", fmt::format("a whole number from {} to {}", min, max),
      [min, max](std::string_view text) {
        auto value = parse_integer(text);
        if (value && (*value < min || *value > max)) value.reset();
        return value;
      },
      [](auto value) { return fmt::to_string(value); }, path...);
}

// The member may be any std::chrono duration; a value that it cannot hold exactly is refused.
template <class... Path>
SettingValue duration(std::chrono::microseconds min, std::chrono::microseconds max, Path... path) {
  using Member = internal::MemberOf<Path...>;
  return internal::setting_value(
      "duration",
      fmt::format("a duration such as 500ms, 30s or 1h30m, from {} to {}", format_duration(min),
                  format_duration(max)),
      [min, max](std::string_view text) -> std::optional<Member> {
        const auto value = parse_duration(text);
        if (!value || *value < min || *value > max) return std::nullopt;
        const auto held = std::chrono::duration_cast<Member>(*value);
        if (held != *value) return std::nullopt;
        return held;
      },
      [](Member value) { return format_duration(value); }, path...);
}

template <class... Path>
SettingValue bytes(std::uint64_t min, std::uint64_t max, Path... path) {
  return internal::setting_value(
      "bytes",
      fmt::format("a size such as 64KiB or 1MiB, from {} to {}", format_bytes(min),
                  format_bytes(max)),
      [min, max](std::string_view text) {
        auto value = parse_bytes(text);
        if (value && (*value < min || *value > max)) value.reset();
        return value;
      },
      [](auto value) { return format_bytes(value); }, path...);
}

template <class... Path>
SettingValue boolean(Path... path) {
  return internal::setting_value(
      "boolean", "true or false", parse_bool,
      [](bool value) { return std::string(value ? "true" : "false"); }, path...);
}

template <class... Path>
SettingValue string(Path... path) {
  return internal::setting_value(
      "string", "text", [](std::string_view text) { return std::optional(std::string(text)); },
      [](const std::string& value) { return value; }, path...);
}

// A file to read.
template <class... Path>
SettingValue file(Path... path) {
  auto value = string(path...);
  value.kind = "file";
  value.expected = "the path of a file";
  value.access = R_OK;
  return value;
}

// Files to read, separated by commas.
template <class... Path>
SettingValue files(Path... path) {
  auto value = strings(path...);
  value.kind = "list of files";
  value.expected = "paths of files, separated by commas";
  value.access = R_OK;
  return value;
}

// A folder to read from.
template <class... Path>
SettingValue readable_folder(Path... path) {
  auto value = file(path...);
  value.kind = "folder";
  value.expected = "the path of a folder";
  return value;
}

// A folder to write to, created if missing.
template <class... Path>
SettingValue folder(Path... path) {
  auto value = string(path...);
  value.kind = "folder";
  value.expected = "the path of a folder";
  value.access = W_OK | X_OK;
  return value;
}

template <class... Path>
SettingValue secret(Path... path) {
  auto value = string(path...);
  value.kind = "secret";
  value.secret = true;
  return value;
}

// Separated by commas, or an array in the file.
template <class... Path>
SettingValue strings(Path... path) {
  return internal::setting_value(
      "list of strings", "texts separated by commas",
      [](std::string_view text) {
        std::vector<std::string> items;
        while (!text.empty()) {
          const auto comma = text.find(',');
          items.emplace_back(text.substr(0, comma));
          text.remove_prefix(comma == text.npos ? text.size() : comma + 1);
        }
        return std::optional(std::move(items));
      },
      [](const std::vector<std::string>& items) { return fmt::to_string(fmt::join(items, ",")); },
      path...);
}

// One word for each value of an enumeration.
template <class Enum, class... Path>
SettingValue choice(std::vector<std::pair<std::string_view, Enum>> words, Path... path) {
  std::vector<std::string_view> names;
  names.reserve(words.size());
  for (const auto& [word, value] : words) names.push_back(word);
  return internal::setting_value(
      "choice", fmt::format("one of {}", fmt::join(names, ", ")),
      [words](std::string_view text) -> std::optional<Enum> {
        for (const auto& [word, value] : words) {
          if (word == text) return value;
        }
        return std::nullopt;
      },
      [words](Enum current) {
        for (const auto& [word, value] : words) {
          if (value == current) return std::string(word);
        }
        std::unreachable();
      },
      path...);
}

}  // namespace souk::app
