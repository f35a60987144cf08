#include "orders/order_number.h"

#include <sodium.h>

#include <cctype>

namespace souk::orders {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";  // Crockford's base32
constexpr std::size_t kSymbols = 8;                                         // before the check
constexpr std::size_t kGroup = 3;  // characters between hyphens
constexpr int kSymbolBits = 5;

// A balanced Feistel network is a permutation whatever its round function is. Ten rounds, as
// NIST SP 800-38G (FF1) takes for numbers that are so short.
constexpr int kRounds = 10;
constexpr int kHalfBits = 20;
constexpr std::uint64_t kHalfMask = (std::uint64_t{1} << kHalfBits) - 1;

// Times x in GF(2^5) modulo x^5 + x^2 + 1, where x generates all 31 elements but zero.
constexpr unsigned times_x(unsigned element) {
  return (element << 1U) ^ ((element & 0x10U) != 0 ? 0b100101U : 0U);
}

// The symbols weighted by distinct powers of x, so that the sum changes with any one of them and
// with the exchange of any two, the check character itself (of weight 1) included.
unsigned check_of(std::uint64_t symbols) {
  unsigned sum = 0;
  for (int i = kSymbols - 1; i >= 0; --i) {  // Horner's scheme from the first symbol
    sum = times_x(sum ^ static_cast<unsigned>((symbols >> (i * kSymbolBits)) & 0x1FU));
  }
  return sum;
}

std::optional<unsigned> symbol_of(char c) {
  c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (c == 'O') c = '0';
  if (c == 'I' || c == 'L') c = '1';
  const auto at = kAlphabet.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(at);
}

}  // namespace

std::uint64_t OrderNumbers::round_of(int round, std::uint64_t half) const {
  const auto input = half | (static_cast<std::uint64_t>(round) << kHalfBits);
  std::array<std::uint8_t, sizeof(input)> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(input >> (8 * i));
  }
  std::array<std::uint8_t, crypto_shorthash_BYTES> hash{};  // SipHash-2-4
  static_assert(crypto_shorthash_KEYBYTES == sizeof(Secret));
  ::crypto_shorthash(hash.data(), bytes.data(), bytes.size(), secret_.data());
  return (hash[0] | std::uint64_t{hash[1]} << 8U | std::uint64_t{hash[2]} << 16U) & kHalfMask;
}

std::string OrderNumbers::number(std::int64_t serial) const {
  auto left = static_cast<std::uint64_t>(serial) >> kHalfBits;
  auto right = static_cast<std::uint64_t>(serial) & kHalfMask;
  for (int round = 0; round < kRounds; ++round) {
    left ^= round_of(round, right);
    std::swap(left, right);
  }
  const auto symbols = left << kHalfBits | right;
  std::string text;
  for (std::size_t i = 0; i <= kSymbols; ++i) {
    if (i != 0 && i % kGroup == 0) text += '-';
    const auto symbol =
        i == kSymbols ? check_of(symbols) : (symbols >> ((kSymbols - 1 - i) * kSymbolBits)) & 0x1FU;
    text += kAlphabet[symbol];
  }
  return text;
}

std::optional<std::int64_t> OrderNumbers::serial(std::string_view number) const {
  std::uint64_t symbols = 0;
  std::size_t read = 0;
  unsigned check = 0;
  for (const char c : number) {
    if (c == '-' || c == ' ') continue;
    const auto symbol = symbol_of(c);
    if (!symbol || read > kSymbols) return std::nullopt;
    if (read == kSymbols) {
      check = *symbol;
    } else {
      symbols = symbols << kSymbolBits | *symbol;
    }
    ++read;
  }
  if (read != kSymbols + 1 || check != check_of(symbols)) return std::nullopt;
  auto left = symbols >> kHalfBits;
  auto right = symbols & kHalfMask;
  for (int round = kRounds - 1; round >= 0; --round) {
    std::swap(left, right);
    left ^= round_of(round, right);
  }
  return static_cast<std::int64_t>(left << kHalfBits | right);
}

}  // namespace souk::orders
