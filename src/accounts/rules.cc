#include "accounts/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "accounts/passwords.h"
#include "accounts/weak_passwords.h"
#include "base/text.h"
#include "base/utf8.h"

namespace souk::accounts::rules {
namespace {

// In code points, as in the database's constraints.
constexpr std::size_t kMaxLabelLength = 50;
constexpr std::size_t kMaxLineLength = 200;
constexpr std::size_t kMaxCityLength = 100;
constexpr std::size_t kMaxPostalCodeLength = 20;
constexpr std::size_t kMaxDomainLabelLength = 63;  // RFC 1035

// No form of a password has more than four times the bytes of its normalised form.
constexpr std::size_t kMaxTypedLength = 4 * kMaxPasswordLength;

constexpr std::string_view kEmailPunctuation = ".!#$%&'*+/=?^_`{|}~-";

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter_or_digit(char c) {
  return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

std::string lower_case(std::string text) {
  for (char& c : text) c = is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

// The form whose length is measured. Overlong input is not normalised: the time to order combining
// marks grows with the square of their number.
std::string normalised(const std::string& password) {
  return password.size() > kMaxTypedLength ? password : normalise_password(password);
}

bool is_domain_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxDomainLabelLength &&
         is_letter_or_digit(label.front()) && is_letter_or_digit(label.back()) &&
         std::ranges::all_of(label, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

bool is_domain(std::string_view domain) {
  while (true) {
    const auto dot = domain.find('.');
    if (!is_domain_label(domain.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

// A valid e-mail address of the HTML standard: RFC 5322 without comments, quotes and folding, which
// no mailbox in use needs.
bool is_email(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || text.size() > kMaxEmailLength) return false;
  return is_domain(text.substr(at + 1)) && std::ranges::all_of(text.substr(0, at), [](char c) {
           return is_letter_or_digit(c) || kEmailPunctuation.contains(c);
         });
}

class Refusals {
 public:
  void check(bool allowed, std::string_view pointer, std::string reason) {
    if (!allowed) refuse(pointer, std::move(reason));
  }
  void refuse(std::string_view pointer, std::string reason) {
    fields_.push_back({std::string(pointer), std::move(reason)});
  }
  void check_line(std::string_view text, std::string_view pointer, std::size_t least,
                  std::size_t most) {
    if (auto problem = line_problem(text, least, most)) check(false, pointer, *std::move(problem));
  }
  // A new password, normalised already.
  void check_new_password(std::string_view password, std::string_view pointer,
                          std::string_view email, std::string_view name) {
    if (password.size() < kMinPasswordLength || password.size() > kMaxPasswordLength) {
      refuse(pointer,
             fmt::format("must have {} to {} bytes", kMinPasswordLength, kMaxPasswordLength));
    } else if (const auto weakness = weakness_of(password, email, name)) {
      refuse(pointer, std::string(*weakness));
    }
  }
  // One that can be an account's.
  void check_password(const std::string& password, std::string_view pointer) {
    check(!password.empty() && normalised(password).size() <= kMaxPasswordLength, pointer,
          fmt::format("must have 1 to {} bytes", kMaxPasswordLength));
  }
  template <class T>
  Result<T> accept(T value, std::string_view detail) && {
    if (fields_.empty()) return value;
    return fail(ErrorCode::kValidationFailed, std::string(detail), std::move(fields_));
  }

 private:
  std::vector<FieldError> fields_;
};

}  // namespace

Result<Registration> check(Registration registration) {
  Refusals refusals;
  refusals.check(is_email(registration.email), "/email", "must be an e-mail address");
  registration.password = normalised(registration.password);
  refusals.check_new_password(registration.password, "/password", registration.email,
                              registration.name);
  refusals.check_line(registration.name, "/name", 1, kMaxNameLength);
  registration.email = lower_case(std::move(registration.email));
  return std::move(refusals).accept(std::move(registration), "this account cannot be made");
}

Result<Credentials> check(Credentials credentials) {
  Refusals refusals;
  refusals.check(is_email(credentials.email), "/email", "must be an e-mail address");
  refusals.check_password(credentials.password, "/password");
  credentials.email = lower_case(std::move(credentials.email));
  return std::move(refusals).accept(std::move(credentials), "these cannot be credentials");
}

Result<PasswordChange> check(PasswordChange change, const User& user) {
  Refusals refusals;
  refusals.check_password(change.current, "/currentPassword");
  change.replacement = normalised(change.replacement);
  refusals.check_new_password(change.replacement, "/newPassword", user.email, user.name);
  return std::move(refusals).accept(std::move(change), "the password cannot be changed to this");
}

Result<EmailAddress> check(EmailAddress address) {
  Refusals refusals;
  refusals.check(is_email(address.email), "/email", "must be an e-mail address");
  address.email = lower_case(std::move(address.email));
  return std::move(refusals).accept(std::move(address), "this cannot be an account's address");
}

Result<EmailChange> check(EmailChange change) {
  Refusals refusals;
  refusals.check(is_email(change.email), "/email", "must be an e-mail address");
  refusals.check_password(change.current_password, "/currentPassword");
  change.email = lower_case(std::move(change.email));
  return std::move(refusals).accept(std::move(change), "the address cannot be changed to this");
}

Result<NewPassword> check(NewPassword replacement, const User& user) {
  Refusals refusals;
  replacement.password = normalised(replacement.password);
  refusals.check_new_password(replacement.password, "/newPassword", user.email, user.name);
  return std::move(refusals).accept(std::move(replacement), "this cannot be the new password");
}

Result<ProfilePatch> check(ProfilePatch patch) {
  Refusals refusals;
  if (patch.name) refusals.check_line(*patch.name, "/name", 1, kMaxNameLength);
  return std::move(refusals).accept(std::move(patch), "the profile cannot be changed to this");
}

Result<AddressDraft> check(AddressDraft draft) {
  Refusals refusals;
  refusals.check_line(draft.label, "/label", 0, kMaxLabelLength);
  refusals.check_line(draft.recipient, "/recipient", 1, kMaxLineLength);
  refusals.check_line(draft.line1, "/line1", 1, kMaxLineLength);
  refusals.check_line(draft.line2, "/line2", 0, kMaxLineLength);
  refusals.check_line(draft.city, "/city", 1, kMaxCityLength);
  refusals.check_line(draft.postal_code, "/postalCode", 1, kMaxPostalCodeLength);
  refusals.check(draft.country.size() == 2 && std::ranges::all_of(draft.country, is_upper),
                 "/country", "must be two capital letters (ISO 3166-1 alpha-2)");
  return std::move(refusals).accept(std::move(draft), "this address cannot be kept");
}

Result<UserQuery> check(UserQuery query) {
  Refusals refusals;
  refusals.check(query.email.size() <= kMaxEmailLength &&
                     std::ranges::all_of(query.email, [](char c) { return c > ' ' && c < '\x7f'; }),
                 "email", "must be the beginning of an e-mail address");
  query.email = lower_case(std::move(query.email));
  return std::move(refusals).accept(std::move(query), "the query is not valid");
}

std::string client_name(std::string_view user_agent) {
  std::string name(user_agent.substr(0, kMaxClientLength));
  std::ranges::replace_if(name, [](char c) { return c < ' ' || c > '~'; }, '?');
  return name;
}

}  // namespace souk::accounts::rules
