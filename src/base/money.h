// Money in integer minor units (cents) with an ISO 4217 currency. Never a float.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace souk {

// Three upper-case letters.
class Currency {
 public:
  static std::optional<Currency> parse(std::string_view text);
  std::string_view text() const { return {letters_.data(), letters_.size()}; }
  // The decimals of its minor unit as in ISO 4217; 2 for an unknown currency.
  int digits() const;
  friend auto operator<=>(const Currency&, const Currency&) = default;

 private:
  std::array<char, 3> letters_{'X', 'X', 'X'};  // ISO 4217 for "no currency"
};

struct Money {
  std::int64_t amount = 0;  // minor units
  Currency currency;
  friend auto operator<=>(const Money&, const Money&) = default;
};

// As people write it, with the decimals of its currency: 3998 cents are "39.98 EUR".
std::string to_text(const Money& money);

// Nothing when the sum overflows 64 bits or the currencies differ.
std::optional<Money> checked_add(Money a, Money b);
std::optional<Money> checked_multiply(Money unit, std::int64_t quantity);

}  // namespace souk
