// Outages and availability of one URL, from the results of its probes.
// Threading: one thread. Ownership: a plain value.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace souk::probe {

using Time = std::chrono::steady_clock::time_point;
using Length = std::chrono::steady_clock::duration;

// Of the outages of a run; later ones are counted only.
inline constexpr std::size_t kOutagesKeptMax = 10'000;

struct Outage {
  Time begun;  // when its first failed probe was due
  Length length{0};
  std::string reason = {};  // of its first failed probe
};

class Availability {
 public:
  explicit Availability(Time begun) : begun_(begun), now_(begun) {}

  // A probe that was due then; each was due later than the one before. Returns the outage that it
  // ended.
  std::optional<Outage> succeeded(Time due);
  // Returns whether it begins an outage.
  bool failed(Time due, std::string reason);
  // The run ended then, perhaps in an outage.
  void end(Time time);

  Time begun() const { return begun_; }
  std::uint64_t probes() const { return probes_; }
  std::uint64_t failures() const { return failures_; }
  std::size_t outages() const { return outage_count_; }
  const std::vector<Outage>& kept() const { return kept_; }
  Length watched() const { return now_ - begun_; }
  Length down() const { return down_; }
  Length longest() const { return longest_; }
  // Of the time watched, between 0 and 1; nothing before time has passed.
  std::optional<double> share() const;

 private:
  Outage close(Time time);

  Time begun_;
  Time now_;
  std::uint64_t probes_ = 0;
  std::uint64_t failures_ = 0;
  std::optional<Outage> open_;
  std::vector<Outage> kept_;
  std::size_t outage_count_ = 0;
  Length down_{0};
  Length longest_{0};
};

}  // namespace souk::probe
