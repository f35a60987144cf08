// What one connection of HTTP/2 may do: more of it ends the connection with ENHANCE_YOUR_CALM.
// Threading: plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace souk::http::h2 {

enum class Limit : std::uint8_t {
  kStreams,        // at once; only the stream is refused
  kHeaderList,     // bytes of one list after decoding, far beyond what is answered 431
  kContinuations,  // CONTINUATION frames of one header block
  kResets,         // these, and the following, in each window of time: see ServerConfig
  kPings,
  kSettings,
  kPriorityUpdates,  // PRIORITY frames too
  kEmptyFrames,      // DATA and HEADERS without content
  kLateHeaders,      // HEADERS of streams that have ended
  kWindowUpdates,    // WINDOW_UPDATE beyond what the server's DATA explains
  kUnknownFrames,    // of types that nobody has asked for
};
inline constexpr std::array<std::string_view, 11> kLimitNames = {
    "streams",      "header_list",    "continuations",    "resets",
    "pings",        "settings",       "priority_updates", "empty_frames",
    "late_headers", "window_updates", "unknown_frames"};

using Counts = std::array<std::uint32_t, kLimitNames.size()>;

}  // namespace souk::http::h2
