// Repeats of a scenario, saved as a baseline or compared with one.
// Threading: plain values and functions.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/error.h"
#include "loadtest/verdict.h"

namespace souk::loadtest {

inline constexpr std::size_t kMaxRepeats = 1'000;
// That all verdicts of a comparison together are no noise: each has its share of the rest.
inline constexpr double kConfidence = 0.99;
// A repeat in which more requests failed measures something else.
inline constexpr double kMaxFailedShare = 0.01;

struct Metric {
  std::string name;  // "GET /api/products p95"
  bool larger_is_better = false;
  std::vector<double> values;  // one of each repeat, above 0
};

class Repeats {
 public:
  Repeats() = default;
  explicit Repeats(const Measurements& of)
      : subject_(subject_of(of)), commit_(of.environment.commit) {}

  // Errors: precondition_failed, when too many requests failed or nothing was answered.
  Result<> add(const Measurements& run);
  const std::vector<Metric>& metrics() const { return metrics_; }
  // What was asked for: only repeats of the same can be compared.
  const std::string& subject() const { return subject_; }
  const std::string& commit() const { return commit_; }

  void write(Buffer& out) const;
  // Errors: invalid_request, naming `source`.
  static Result<Repeats> read(const std::string& json, std::string_view source);

 private:
  static std::string subject_of(const Measurements& run);

  std::string subject_;
  std::string commit_;
  std::vector<Metric> metrics_;
};

struct Change {
  std::string metric;
  std::string sentence;
  bool is_worse = false;
};

// `are_pairs`: the n-th repeat of both was measured one after the other. Errors:
// precondition_failed, when they are not of the same, or too few.
Result<std::vector<Change>> compare(const Repeats& before, const Repeats& after, bool are_pairs);

}  // namespace souk::loadtest
