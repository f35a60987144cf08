#include "http/h1/line.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace souk::http::h1 {
namespace {

constexpr std::uint8_t kLastControl = 0x1f;
constexpr std::uint8_t kDelete = 0x7f;

bool is_control(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte <= kLastControl || byte == kDelete;
}

}  // namespace

std::size_t find_control(std::string_view data, std::size_t from, std::size_t to) {
#if defined(__SSE2__)
  const __m128i last_control = _mm_set1_epi8(static_cast<char>(kLastControl));
  const __m128i del = _mm_set1_epi8(static_cast<char>(kDelete));
  for (; from + 16 <= to; from += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data.data() + from));
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(block, last_control), block);
    const int found = _mm_movemask_epi8(_mm_or_si128(low, _mm_cmpeq_epi8(block, del)));
    if (found != 0) {
      return from + static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(found)));
    }
  }
#endif
  while (from < to && !is_control(data[from])) ++from;
  return from;
}

LineReader::Status LineReader::read(std::string_view data, std::size_t max,
                                    std::string_view& line) {
  // The CR must be within `max` + 1 bytes. Later bytes are not examined, so that the result does
  // not depend on how the input was split.
  const std::size_t bound = begin_ + max + 1;
  const std::size_t end = std::min(data.size(), bound);
  for (;;) {
    scanned_ = find_control(data, scanned_, end);
    if (scanned_ == end) return end == bound ? Status::kTooLong : Status::kPartial;
    if (data[scanned_] == '\t') {
      ++scanned_;
      continue;
    }
    if (data[scanned_] != '\r') return Status::kForbidden;
    if (scanned_ + 1 == data.size()) return Status::kPartial;
    if (data[scanned_ + 1] != '\n') return Status::kForbidden;
    line = data.substr(begin_, scanned_ - begin_);
    begin_ = scanned_ = scanned_ + 2;
    return Status::kLine;
  }
}

}  // namespace souk::http::h1
