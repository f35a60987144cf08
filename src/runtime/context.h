// What travels with one request down to the database: its deadline and what it has spent.
// Threading: belongs to one request, hence to one worker. Ownership: the HTTP pipeline's frame;
// outlives everything the request calls.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace souk::runtime {

struct Context {
  using Time = std::chrono::steady_clock::time_point;

  Time deadline = Time::max();
  std::uint32_t statements = 0;               // SQL statements sent for this request so far
  std::chrono::nanoseconds database_time{0};  // spent waiting for them
  std::string trace_id = {};                  // 32 hexadecimal digits, or empty

  std::chrono::steady_clock::duration remaining(Time now = std::chrono::steady_clock::now()) const {
    return deadline == Time::max() ? std::chrono::steady_clock::duration::max() : deadline - now;
  }
};

}  // namespace souk::runtime
