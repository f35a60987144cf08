// The server's named limits and their safe defaults.
// Threading: plain values.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "http/coding/config.h"
#include "http/cors.h"
#include "http/header_policy.h"

namespace souk::http {

// The field in which proxies name the client.
enum class ProxyHeader : std::uint8_t { kXForwardedFor, kForwarded };

// A folder whose files are served to everybody: files/files.h.
struct FilesConfig {
  std::string folder = {};    // empty: none
  std::string at = "/store";  // path of their URLs
};
inline constexpr std::chrono::seconds kRateGrace{3};

struct ServerConfig {
  std::string address = "127.0.0.1";  // see bind_listeners()
  std::uint16_t port = 8080;          // 0 takes a free one
  int backlog = 4096;

  std::size_t max_request_line = 8 * 1024;        // 414
  std::size_t max_header_bytes = 16 * 1024;       // all fields together: 431
  std::size_t max_headers = 100;                  // 431
  std::size_t max_body_bytes = 1024 * 1024;       // 413; a route may set its own
  std::size_t max_connections = 20'000;           // of all workers: 503
  std::size_t max_connections_per_address = 256;  // of all workers: 503
  std::size_t max_pipelined = 64;                 // requests of one connection served in a row
  // Addresses and blocks, checked by ClientRules::check(): clients exempt from per-client limits,
  // beside loopback; and proxies whose statements about clients are trusted.
  std::vector<std::string> trusted_addresses = {};
  std::vector<std::string> trusted_proxies = {};
  // Connections from them begin with a PROXY protocol header.
  bool proxy_protocol = false;
  ProxyHeader proxy_header = ProxyHeader::kXForwardedFor;

  std::uint16_t redirect_port = 0;  // requests in plain text are redirected there; 0: answered
  std::uint16_t http3_port = 0;     // announced to clients over TLS by Alt-Svc; 0: none
  std::chrono::seconds hsts{0};     // max-age of Strict-Transport-Security; 0: none

  // HTTP/2, each for one connection: what exceeds it ends the connection with ENHANCE_YOUR_CALM.
  std::size_t http2_max_streams = 100;  // at once; only the stream is refused
  // Of bodies beyond 64 KiB that are read whole, at once: others wait, they do not fail.
  std::size_t http2_max_body_memory = 4 * 1024 * 1024;
  std::size_t http2_max_continuations = 8;  // frames of one header block
  // In each http2_window:
  std::size_t http2_max_resets = 400;  // by the client, or caused by its errors
  std::size_t http2_max_pings = 100;
  std::size_t http2_max_settings = 20;
  std::size_t http2_max_priority_updates = 400;
  std::size_t http2_max_empty_frames = 100;
  std::size_t http2_max_late_headers = 400;  // of streams that have ended
  // Honest clients send as many as they receive DATA: those that it explains do not count.
  std::size_t http2_max_window_updates = 10'000;
  std::size_t http2_max_unknown_frames = 1'000;  // clients send a few to keep servers tolerant
  std::chrono::microseconds http2_window = std::chrono::seconds(10);

  std::chrono::microseconds header_timeout = std::chrono::seconds(10);  // a whole head
  std::chrono::microseconds body_timeout = std::chrono::seconds(30);    // a whole body
  // Of a head or a body, in bytes a second after the first kRateGrace; 0: none.
  std::size_t min_receive_rate = 128;
  std::chrono::microseconds idle_timeout = std::chrono::seconds(60);   // between requests
  std::chrono::microseconds write_timeout = std::chrono::seconds(30);  // without progress
  std::chrono::microseconds request_deadline = std::chrono::seconds(30);
  // Whether the client's Request-Timeout shortens request_deadline.
  bool client_deadlines = false;
  // While Souk stops: for requests on connections that their clients still believe to be open, and
  // then for those in progress.
  std::chrono::microseconds drain_notice = std::chrono::seconds(1);
  std::chrono::microseconds drain_timeout = std::chrono::seconds(10);

  std::chrono::microseconds slow_request = std::chrono::seconds(1);  // logged as a warning
  std::size_t access_log = 0;  // logs one in so many requests: request_log.h; 0: none
  bool server_timing = false;  // sends Server-Timing: statements and database time

  CodingConfig coding;
  CorsConfig cors;
  HeaderPolicy policy;
  FilesConfig files;
};

// How long what has begun may take to arrive: `at_most`, less when it comes slower than the rate.
inline std::chrono::microseconds time_to_arrive(const ServerConfig& config,
                                                std::chrono::microseconds at_most,
                                                std::uint64_t received) {
  if (config.min_receive_rate == 0) return at_most;
  const std::chrono::microseconds grace = kRateGrace;
  return std::min(at_most, grace + std::chrono::microseconds(std::chrono::seconds(1)) *
                                       static_cast<std::int64_t>(received) /
                                       static_cast<std::int64_t>(config.min_receive_rate));
}

}  // namespace souk::http
