// The measurements of one thread, and their sum over threads.
// Threading: ONE thread records; others may read or merge meanwhile. Ownership: plain counters.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "loadtest/histogram.h"

namespace souk::loadtest {

// Single writer: a plain load and store.
class Count {
 public:
  Count() = default;
  Count(const Count& other) : value_(other.get()) {}
  Count& operator=(const Count& other) {
    value_.store(other.get(), std::memory_order_relaxed);
    return *this;
  }
  void add(std::uint64_t n = 1) { value_.store(get() + n, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

enum class ErrorKind : std::uint8_t {
  kRefused,      // connection refused
  kReset,        // connection reset
  kClosed,       // the server closed before a complete answer
  kTimeout,      // no complete answer in time; its latency is the time-out
  kProtocol,     // the answer violates HTTP or the API contract
  kNetwork,      // any other failure of the socket
  kClientError,  // an answer below 500 that is not the expected one
  kServerError,  // 5xx
  kUnsent,       // open model: no connection became free before the end; the wait counts
};
inline constexpr std::size_t kErrorKinds = 9;
inline constexpr std::array<std::string_view, kErrorKinds> kErrorNames = {
    "refused", "reset",       "closed",      "timeout", "protocol",
    "network", "clientError", "serverError", "unsent"};

inline constexpr int kStatuses = 600;

struct EndpointRecord {
  Histogram latency;   // of all requests answered, timed out or unsent
  Histogram served;    // of requests that the shop answered with anything but a 5xx
  Count requests;      // with an outcome
  Count out_of_stock;  // orders: expected, not an error
  std::array<Count, kErrorKinds> errors;
  std::array<Count, kStatuses> statuses;  // of answers

  std::uint64_t error_count() const;
  std::uint64_t answers() const;
  void add(const EndpointRecord& other);
};

struct Recorder {
  explicit Recorder(std::size_t count) : endpoints(count) {}

  std::vector<EndpointRecord> endpoints;  // as in the scenario
  Histogram connects;                     // time to establish a connection
  Histogram lateness;                     // of the load generator: send time minus intended time
  Count answers_in_time;                  // before the end of the part of the run that it records
  Count users;                            // arrived so far
  Count idle_closes;                      // connections the server closed between two requests
  Count repeated;                         // requests sent again after an unknown outcome
  Count acknowledged;                     // orders

  void error(std::size_t endpoint, ErrorKind kind) {
    endpoints[endpoint].errors[static_cast<std::size_t>(kind)].add();
  }
  void add(const Recorder& other);
  // All endpoints as one.
  EndpointRecord overall() const;
};

// A run in two parts: only the second is judged. A request belongs to that of its intended time.
struct Recording {
  explicit Recording(std::size_t endpoints) : warm_up(endpoints), measured(endpoints) {}
  Recorder warm_up;
  Recorder measured;
};

}  // namespace souk::loadtest
