// UUIDs: version 7 (RFC 9562) for every row, so that keys are ordered by time.
// Threading: values are plain; a generator belongs to one thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"

namespace souk {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  friend auto operator<=>(const Uuid&, const Uuid&) = default;

  // Accepts the 36-character form with hyphens, either case; nothing else.
  static std::optional<Uuid> parse(std::string_view text);

  // Writes exactly 36 lower-case characters, no terminator.
  void format_to(char* out) const;
  std::string to_string() const;
};

// Ids of one generator are strictly increasing, even within a millisecond and when the clock steps
// back (RFC 9562 section 6.2, method 1: a 12-bit counter in rand_a).
class UuidGenerator {
 public:
  // Borrows both; they outlive the generator.
  UuidGenerator(const Clock& clock, Random& random) : clock_(clock), random_(random) {}
  Uuid next();

 private:
  const Clock& clock_;
  Random& random_;
  std::uint64_t last_ms_ = 0;
  std::uint16_t counter_ = 0;
};

}  // namespace souk

template <>
struct std::hash<souk::Uuid> {
  std::size_t operator()(const souk::Uuid& id) const noexcept {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, id.bytes.data(), 8);
    std::memcpy(&low, id.bytes.data() + 8, 8);
    return static_cast<std::size_t>(high * 0x9e3779b97f4a7c15 ^ low);
  }
};
