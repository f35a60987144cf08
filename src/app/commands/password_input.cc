#include "app/commands/password_input.h"

#include <openssl/crypto.h>
#include <openssl/ui.h>
#include <unistd.h>

#include <array>

#include "accounts/token.h"
#include "base/files.h"

namespace souk::app {
namespace {

constexpr std::size_t kTypedBytesMax = 1024;
constexpr std::size_t kMadeCharacters = 22;  // 132 random bits

Result<NewPassword> make() {
  return NewPassword{.text = accounts::make_token().substr(0, kMadeCharacters), .is_made = true};
}

Result<NewPassword> first_line_of(const std::string& file) {
  const auto text = read_file(file);
  if (!text) return fail(ErrorCode::kInvalidRequest, text.error());
  auto line = text->substr(0, text->find('\n'));
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) return fail(ErrorCode::kInvalidRequest, file + " holds no password");
  return NewPassword{.text = std::move(line)};
}

// OpenSSL's dialogue restores the terminal when a signal interrupts it.
Result<NewPassword> ask() {
  std::array<char, kTypedBytesMax> typed{};
  const auto failed = UI_UTIL_read_pw_string(
      typed.data(), typed.size(), "Password (none: one is made and printed): ", /*verify=*/1);
  std::string text(typed.data());
  OPENSSL_cleanse(typed.data(), typed.size());
  if (failed != 0) return fail(ErrorCode::kInvalidRequest, "no password was typed twice");
  if (text.empty()) return make();
  return NewPassword{.text = std::move(text)};
}

}  // namespace

void add_password_options(CLI::App& command, PasswordArguments& arguments) {
  auto* const file = command.add_option("--password-file", arguments.file,
                                        "File whose first line is the password.");
  file->type_name("FILE");
  command.add_flag("--make-password", arguments.make, "Make a random one, and print it once.")
      ->excludes(file);
}

bool has_terminal() { return isatty(STDIN_FILENO) == 1; }

Result<NewPassword> new_password(const PasswordArguments& arguments) {
  if (arguments.make) return make();
  if (!arguments.file.empty()) return first_line_of(arguments.file);
  if (has_terminal()) return ask();
  return fail(ErrorCode::kInvalidRequest,
              "there is no terminal to ask for a password on: give --password-file or "
              "--make-password");
}

}  // namespace souk::app
