// Compares the measurements with budgets.toml.
// Threading: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "loadtest/driver.h"
#include "loadtest/recorder.h"
#include "loadtest/server_view.h"
#include "loadtest/shop_facts.h"
#include "loadtest/timeline.h"
#include "telemetry/budgets.h"

namespace souk::loadtest {

enum class Verdict : std::uint8_t { kKept, kBroken, kNotMeasured };
std::string_view verdict_name(Verdict verdict);  // "kept", "BROKEN", "not measured"

struct Judgement {
  std::string budget;    // stable, e.g. "GET /api/products p95" or "cache hit ratio"
  std::string limit;     // for people, e.g. "<= 200 ms"
  std::string measured;  // likewise; if not measured, why
  Verdict verdict = Verdict::kNotMeasured;
};

// The shop's data and its cache before the run; absent where they could not be read.
struct DataSize {
  std::size_t products = 0;  // that the test uses
  std::optional<std::uint64_t> database_bytes;
  std::optional<std::uint64_t> orders;  // as PostgreSQL estimates them
  std::optional<double> cache_entries;  // when the warm-up began
  std::optional<double> cache_bytes;
};

// All measurements of a run. Only warm_up covers the warm-up.
struct Measurements {
  Scenario scenario;
  Plan plan;
  bool interrupted = false;
  Timestamp started{};
  std::chrono::nanoseconds elapsed{};   // start to the last answer
  std::chrono::nanoseconds measured{};  // of it, from the end of the warm-up to the last request
  Recorder total;                       // of the measured part
  Recorder warm_up;
  std::optional<double> broke_at;  // the level at which a breakpoint was found
  // Absent when the shop's metrics could not be read.
  std::optional<ServerView> server;
  std::optional<Scrapes> scrapes;
  double generator_cpu_seconds = 0;
  std::vector<Second> timeline;  // of the whole run
  Environment environment;
  DataSize data;
  std::optional<ShopFacts> shop;  // absent when its operator's address could not be read

  double rate() const;  // answers per second
};

std::vector<Judgement> judge(const telemetry::Budgets& budgets, const Measurements& measured);
bool all_kept(const std::vector<Judgement>& judgements);  // nothing is broken

// "1.50 ms", "250 us", "2 s"
std::string format_time(std::chrono::duration<double> time);

// "at most 50.0 ms", for the bound of a server's histogram bucket.
std::string format_bound(double seconds);

}  // namespace souk::loadtest
