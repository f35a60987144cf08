// The number of an order, for people: nine characters of Crockford's base32, e.g. 7KQ-2M9-XAC.
// Eight are the order's serial number, permuted under a secret of the shop: unique, since a
// permutation has no collisions, and telling neither how many orders there are nor another number.
// The ninth is a check character: any one wrong character and any two exchanged ones are noticed.
// Threading: any; constant. Ownership: plain value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace souk::orders {

class OrderNumbers {
 public:
  using Secret = std::array<std::uint8_t, 16>;
  static constexpr std::int64_t kSerials = std::int64_t{1} << 40;  // 0 to kSerials - 1

  explicit OrderNumbers(const Secret& secret) : secret_(secret) {}

  // REQUIRES: 0 <= serial < kSerials.
  std::string number(std::int64_t serial) const;
  // The serial number of a number as a person writes it: hyphens and spaces are ignored, small
  // letters allowed, O is read as 0, I and L as 1. Nothing for what cannot be a number.
  std::optional<std::int64_t> serial(std::string_view number) const;

 private:
  std::uint64_t round_of(int round, std::uint64_t half) const;

  Secret secret_;
};

}  // namespace souk::orders
