// Passwords that attackers try first: the common ones of breached databases, and those that can be
// derived from public data.
// Threading: pure functions, any thread.
#pragma once

#include <optional>
#include <string_view>

namespace souk::accounts {

// Why the password is refused ("must not be ..."); nothing when it is accepted.
std::optional<std::string_view> weakness_of(std::string_view password, std::string_view email,
                                            std::string_view name);

// Sorted lines in lower case; the text of common_passwords.txt.
std::string_view common_passwords();

}  // namespace souk::accounts
