#include "base/money.h"

#include <fmt/format.h>

#include "base/iso4217.h"

namespace souk {

std::optional<Currency> Currency::parse(std::string_view text) {
  Currency currency;
  if (text.size() != currency.letters_.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] < 'A' || text[i] > 'Z') return std::nullopt;
    currency.letters_[i] = text[i];
  }
  return currency;
}

int Currency::digits() const { return iso4217_digits(text()).value_or(2); }

std::string to_text(const Money& money) {
  const auto digits = static_cast<std::size_t>(money.currency.digits());
  auto text = fmt::format("{:0{}}", money.amount, digits + (money.amount < 0 ? 2 : 1));
  if (digits > 0) text.insert(text.size() - digits, ".");
  return text.append(" ").append(money.currency.text());
}

std::optional<Money> checked_add(Money a, Money b) {
  Money sum = a;
  if (a.currency != b.currency || __builtin_add_overflow(a.amount, b.amount, &sum.amount)) {
    return std::nullopt;
  }
  return sum;
}

std::optional<Money> checked_multiply(Money unit, std::int64_t quantity) {
  Money product = unit;
  if (__builtin_mul_overflow(unit.amount, quantity, &product.amount)) return std::nullopt;
  return product;
}

}  // namespace souk
