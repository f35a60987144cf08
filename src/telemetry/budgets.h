// The budgets the shop promises, read from budgets.toml, their only home: the load test judges by
// them.
// Threading: plain values.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace souk::telemetry {

struct LatencyBudget {
  std::chrono::microseconds p95{};
  std::chrono::microseconds p99{};
};

// Shares are between 0 and 1.
struct Budgets {
  struct Api {
    LatencyBudget latency;
    double min_throughput_per_second = 0;
    double max_error_rate = 0;
    // By "METHOD /route/{template}".
    std::map<std::string, LatencyBudget, std::less<>> endpoints;
  } api;
  struct Database {
    LatencyBudget latency;
  } database;
  struct Cache {
    double min_hit_ratio = 0;
  } cache;
  struct Resources {
    double max_memory = 0;
    double max_cpu = 0;
  } resources;
  struct Service {
    double min_availability = 0;
  } service;

  // The endpoint's own budget, or else the API's.
  const LatencyBudget& latency_of(std::string_view endpoint) const;
};

// Every key is required and none may be unknown. The error is a sentence that names the file, the
// key and what is expected; `source` is how it names the file.
std::expected<Budgets, std::string> parse_budgets(std::string_view toml, std::string_view source);
std::expected<Budgets, std::string> load_budgets(const std::string& path);

}  // namespace souk::telemetry
