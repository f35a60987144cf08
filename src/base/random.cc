#include "base/random.h"

#include <sys/random.h>

#include <bit>
#include <cstring>

#include "base/assert.h"

namespace souk {

std::uint64_t Random::next() {
  std::array<std::uint8_t, 8> bytes{};
  fill(bytes);
  return std::bit_cast<std::uint64_t>(bytes);
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    if (used_ == block_.size()) {
      std::size_t got = 0;
      while (got < block_.size()) {
        const auto n = ::getrandom(block_.data() + got, block_.size() - got, 0);
        if (n > 0) got += static_cast<std::size_t>(n);
      }
      used_ = 0;
    }
    const auto n = std::min(out.size(), block_.size() - used_);
    std::memcpy(out.data(), block_.data() + used_, n);
    used_ += n;
    out = out.subspan(n);
  }
}

SeededRandom::SeededRandom(std::uint64_t seed) {
  for (auto& word : state_) {
    seed += 0x9e3779b97f4a7c15;
    auto z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    word = z ^ (z >> 31);
  }
}

std::uint64_t SeededRandom::next64() {
  const auto result = std::rotl(state_[1] * 5, 7) * 9;
  const auto t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const auto word = next64();
    const auto n = std::min(out.size(), sizeof word);
    std::memcpy(out.data(), &word, n);
    out = out.subspan(n);
  }
}

std::uint64_t SeededRandom::below(std::uint64_t bound) {
  SOUK_ASSERT(bound > 0);
  // Multiply-shift; the bias is below 2^-32 for every bound used here.
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next64()) * bound) >> 64);
}

double SeededRandom::unit() { return static_cast<double>(next64() >> 11) * 0x1.0p-53; }

}  // namespace souk
