#include "base/uuid.h"

#include <array>
#include <cstring>

namespace souk {
namespace {

// The two hexadecimal digits of each byte.
constexpr auto kPairs = [] {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, 512> pairs{};
  for (std::size_t i = 0; i < 256; ++i) {
    pairs[2 * i] = kDigits[i >> 4];
    pairs[2 * i + 1] = kDigits[i & 15];
  }
  return pairs;
}();

// Of each character that is a hexadecimal digit, its value.
constexpr std::uint8_t kNoDigit = 0xff;
constexpr auto kDigits = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::uint8_t i = 0; i < 10; ++i) values['0' + i] = i;
  for (std::uint8_t i = 10; i < 16; ++i) values['a' + i - 10] = values['A' + i - 10] = i;
  return values;
}();

// Bytes between the hyphens.
constexpr std::array kGroups = {4, 2, 2, 2, 6};

}  // namespace

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid id;
  auto* byte = id.bytes.data();
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  std::uint8_t seen = 0;  // more than a digit has where one was none
  for (const int count : kGroups) {
    if (byte != id.bytes.data() && *at++ != '-') return std::nullopt;
    for (int i = 0; i < count; ++i, at += 2) {
      const auto high = kDigits[at[0]];
      const auto low = kDigits[at[1]];
      seen |= high | low;
      *byte++ = static_cast<std::uint8_t>(high << 4 | low);
    }
  }
  if (seen > 0xf) return std::nullopt;
  return id;
}

void Uuid::format_to(char* out) const {
  const auto* byte = bytes.data();
  const auto write = [&byte, &out](int count) {
    for (; count > 0; --count, out += 2) {
      std::memcpy(out, kPairs.data() + 2 * std::size_t{*byte++}, 2);
    }
  };
  write(4);
  for (const int count : {2, 2, 2, 6}) {
    *out++ = '-';
    write(count);
  }
}

std::string Uuid::to_string() const {
  std::string text(36, '\0');
  format_to(text.data());
  return text;
}

Uuid UuidGenerator::next() {
  Uuid id;
  random_.fill(id.bytes);
  const auto since_epoch = clock_.now().time_since_epoch();
  const auto ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count());
  if (ms > last_ms_) {
    last_ms_ = ms;
    counter_ = static_cast<std::uint16_t>((id.bytes[6] << 8 | id.bytes[7]) & 0x7ff);
  } else if (++counter_ > 0xfff) {
    ++last_ms_;  // the counter is exhausted: use the next millisecond
    counter_ = 0;
  }
  for (int i = 0; i < 6; ++i) {
    id.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(last_ms_ >> (40 - 8 * i));
  }
  id.bytes[6] = static_cast<std::uint8_t>(0x70 | counter_ >> 8);
  id.bytes[7] = static_cast<std::uint8_t>(counter_);
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
  return id;
}

}  // namespace souk
