#include "app/argument_secrets.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "app/settings.h"

namespace souk::app {
namespace {

constexpr std::string_view kSet = "--set";
constexpr std::string_view kScheme = "://";
constexpr std::string_view kPassword = "password=";
constexpr std::size_t kStars = 3;  // fixed: hides the secret's length

void hide_from(char* argument, std::size_t position) {
  std::size_t stars = 0;
  for (char* at = argument + position; *at != '\0'; ++at) *at = stars++ < kStars ? '*' : '\0';
}

bool is_secret_flag(std::string_view flag) {
  return !flag.empty() && std::ranges::any_of(all_settings(), [flag](const Setting& setting) {
    return setting.value.secret && setting.flag == flag;
  });
}

// An unknown key may be a misspelt secret.
bool is_secret_key(std::string_view key) {
  const auto* setting = find_setting(key);
  return setting == nullptr || setting->value.secret;
}

// The position of an argument's secret; npos if it has none.
std::size_t secret_of(std::string_view argument, std::string_view previous) {
  const auto equals = argument.find('=');
  const auto flag = argument.substr(0, equals);
  if (is_secret_flag(previous)) return 0;
  if (equals != argument.npos && is_secret_flag(flag)) return equals + 1;
  const bool joined = flag == kSet && equals != argument.npos;
  if (joined || previous == kSet) {
    const auto start = joined ? equals + 1 : 0;
    const auto end = argument.find('=', start);
    if (end != argument.npos && is_secret_key(argument.substr(start, end - start))) return end + 1;
  }
  // A misspelt flag, or a URL in an unexpected place.
  const auto scheme = argument.find(kScheme);
  if (scheme != argument.npos && argument.find('@', scheme) != argument.npos) {
    return scheme + kScheme.size();
  }
  const auto password = argument.find(kPassword);
  return password == argument.npos ? password : password + kPassword.size();
}

}  // namespace

void hide_secrets(std::span<char* const> arguments) {
  std::string previous;
  for (char* const argument : arguments) {
    const std::string text(argument);
    const auto from = secret_of(text, previous);
    if (from != text.npos) hide_from(argument, from);
    previous = text;
  }
}

}  // namespace souk::app
