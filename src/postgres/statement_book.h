// The statements that this worker has run, by name: their preparation data and metrics.
// Threading: loop thread only. Ownership: owns the entries, whose addresses are stable.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "postgres/codec.h"
#include "postgres/metrics.h"
#include "postgres/statement.h"

namespace souk::postgres {

class StatementEntry {
 public:
  StatementEntry(const Call& call, std::size_t index, telemetry::Registry& registry);

  const std::string name;
  const std::string sql;
  const std::size_t index;  // dense, from 0
  const std::span<const TypeOid> types;

  // One execution, including its retries.
  void record_rows(std::size_t rows, std::chrono::nanoseconds duration);
  // `error_class`: the first two characters of the SQLSTATE.
  void record_error(std::string_view error_class, std::chrono::nanoseconds duration);

 private:
  telemetry::Registry& registry_;
  telemetry::Counter& executed_ = registry_.cell(kMetrics.statements, {name});
  telemetry::Counter& rows_ = registry_.cell(kMetrics.statement_rows, {name});
  telemetry::Histogram& duration_ = registry_.cell(kMetrics.statement_duration, {name});
  std::map<std::string, telemetry::Counter*, std::less<>> errors_;
};

class StatementBook {
 public:
  explicit StatementBook(telemetry::Registry& registry) : registry_(registry) {}

  // Throws std::logic_error when one name has two texts, or other parameter types than before: a
  // prepared statement would misread them.
  StatementEntry& find(const Call& call);

 private:
  telemetry::Registry& registry_;
  std::unordered_map<std::string_view, std::unique_ptr<StatementEntry>> entries_;
};

}  // namespace souk::postgres
