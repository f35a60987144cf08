#include "postgres/statement_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace souk::postgres {
namespace {

constexpr std::size_t kNameBytesMax = 63;  // NAMEDATALEN - 1

template <class T>
bool same(std::span<const T> a, std::span<const T> b) {
  return (a.data() == b.data() && a.size() == b.size()) || std::ranges::equal(a, b);
}

}  // namespace

StatementEntry::StatementEntry(const Call& call, std::size_t number, telemetry::Registry& registry)
    : name(call.statement->name),
      sql(call.statement->sql),
      index(number),
      types(call.parameters.types()),
      registry_(registry) {}

void StatementEntry::record_rows(std::size_t rows, std::chrono::nanoseconds duration) {
  executed_.increment();
  rows_.add(static_cast<double>(rows));
  duration_.observe(duration);
}

void StatementEntry::record_error(std::string_view error_class, std::chrono::nanoseconds duration) {
  executed_.increment();
  duration_.observe(duration);
  auto known = errors_.find(error_class);
  if (known == errors_.end()) {
    auto& counter = registry_.cell(kMetrics.statement_errors, {name, error_class});
    known = errors_.emplace(error_class, &counter).first;
  }
  known->second->increment();
}

StatementEntry& StatementBook::find(const Call& call) {
  const auto& statement = *call.statement;
  auto known = entries_.find(statement.name);
  if (known == entries_.end()) {
    if (statement.name.empty() || statement.name.size() > kNameBytesMax) {
      throw std::logic_error(fmt::format("\"{}\" cannot name a statement", statement.name));
    }
    auto entry = std::make_unique<StatementEntry>(call, entries_.size(), registry_);
    const std::string_view name = entry->name;
    known = entries_.emplace(name, std::move(entry)).first;
  }
  auto& entry = *known->second;
  if (!same<char>(entry.sql, statement.sql)) {
    throw std::logic_error(fmt::format("two statements are named {}", entry.name));
  }
  if (!same(entry.types, call.parameters.types())) {
    throw std::logic_error(
        fmt::format("statement {} is run with parameters of different types", entry.name));
  }
  return entry;
}

}  // namespace souk::postgres
