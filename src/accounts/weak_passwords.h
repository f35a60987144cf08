// Passwords that are tried first by whoever guesses: the common ones of breached databases, and
// what can be derived without knowing the user.
// Threading: pure functions, any thread.
#pragma once

#include <optional>
#include <string_view>

namespace souk::accounts {

// Why the password is refused ("must not be ..."); nothing where it is not.
std::optional<std::string_view> weakness_of(std::string_view password, std::string_view email,
                                            std::string_view name);

// Sorted lines in lower case; the text of common_passwords.txt.
std::string_view common_passwords();

}  // namespace souk::accounts
