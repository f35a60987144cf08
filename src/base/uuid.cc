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

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool hyphen_before(std::size_t byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

}  // namespace

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid id;
  std::size_t at = 0;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    if (hyphen_before(i) && text[at++] != '-') return std::nullopt;
    const int high = digit(text[at++]);
    const int low = digit(text[at++]);
    if (high < 0 || low < 0) return std::nullopt;
    id.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
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
