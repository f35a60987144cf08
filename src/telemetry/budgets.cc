#include "telemetry/budgets.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <set>

#include "base/files.h"
#include "base/parse.h"

namespace souk::telemetry {
namespace {

// Reads the keys of one table and keeps the first complaint of the whole file.
class TableReader {
 public:
  TableReader(const toml::table* table, std::string path, std::string& complaint)
      : table_(table), path_(std::move(path)), complaint_(complaint) {}

  std::chrono::microseconds duration(std::string_view key) {
    const auto text = node(key).value_exact<std::string>();
    const auto value = text ? parse_duration(*text) : std::nullopt;
    if (!value || value->count() <= 0) refuse(key, "a duration above zero such as \"200ms\"");
    return value.value_or(std::chrono::microseconds(0));
  }

  LatencyBudget latency() {
    const LatencyBudget budget{.p95 = duration("p95"), .p99 = duration("p99")};
    if (budget.p99 < budget.p95) refuse("p99", "a duration not below p95");
    return budget;
  }

  double share(std::string_view key) {
    const auto value = node(key).value<double>();
    if (!value || *value < 0 || *value > 1) refuse(key, "a number from 0 to 1");
    return value.value_or(0);
  }

  double positive(std::string_view key) {
    const auto value = node(key).value<double>();
    if (!value || *value <= 0) refuse(key, "a number above zero");
    return value.value_or(0);
  }

  TableReader table(std::string_view key) {
    const auto* inner = node(key).as_table();
    if (inner == nullptr) refuse(key, "a table");
    return {inner, full_name(key), complaint_};
  }

  // Calls `read(key)` for the keys nothing has asked for yet.
  template <class Function>
  void for_each_other(Function read) {
    if (table_ == nullptr) return;
    for (const auto& [key, value] : *table_) {
      if (!asked_.contains(key.str())) read(key.str());
    }
  }

  bool has(std::string_view key) const { return table_ != nullptr && table_->contains(key); }

  void refuse_others() {
    for_each_other([this](std::string_view key) {
      complain(fmt::format("unknown key \"{}\"", full_name(key)));
    });
  }

 private:
  toml::node_view<const toml::node> node(std::string_view key) {
    asked_.emplace(key);
    if (table_ == nullptr) return {};
    return (*table_)[key];
  }

  void refuse(std::string_view key, std::string_view expected) {
    complain(fmt::format("\"{}\" {}; it must be {}", full_name(key),
                         has(key) ? "has a bad value" : "is missing", expected));
  }

  void complain(std::string sentence) {
    if (complaint_.empty()) complaint_ = std::move(sentence);
  }

  std::string full_name(std::string_view key) const {
    return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
  }

  const toml::table* table_;  // null where the file has none
  std::string path_;
  std::string& complaint_;
  std::set<std::string, std::less<>> asked_;
};

Budgets::Api read_api(TableReader api) {
  Budgets::Api budgets{.latency = api.latency(),
                       .min_throughput_per_second = api.positive("min_throughput_per_second"),
                       .max_error_rate = api.share("max_error_rate"),
                       .endpoints = {}};
  if (api.has("endpoints")) {
    auto endpoints = api.table("endpoints");
    endpoints.for_each_other([&](std::string_view name) {
      auto endpoint = endpoints.table(name);
      budgets.endpoints.emplace(name, endpoint.latency());
      endpoint.refuse_others();
    });
  }
  api.refuse_others();
  return budgets;
}

Budgets read_all(const toml::table& file, std::string& complaint) {
  TableReader root(&file, "", complaint);
  Budgets budgets{.api = read_api(root.table("api")),
                  .database = {},
                  .cache = {},
                  .resources = {},
                  .service = {}};
  auto database = root.table("database");
  budgets.database.latency = database.latency();
  auto cache = root.table("cache");
  budgets.cache.min_hit_ratio = cache.share("min_hit_ratio");
  auto resources = root.table("resources");
  budgets.resources = {.max_memory = resources.share("max_memory"),
                       .max_cpu = resources.share("max_cpu")};
  auto service = root.table("service");
  budgets.service.min_availability = service.share("min_availability");
  for (auto* table : {&database, &cache, &resources, &service, &root}) table->refuse_others();
  return budgets;
}

}  // namespace

const LatencyBudget& Budgets::latency_of(std::string_view endpoint) const {
  const auto own = api.endpoints.find(endpoint);
  return own == api.endpoints.end() ? api.latency : own->second;
}

std::expected<Budgets, std::string> parse_budgets(std::string_view text, std::string_view source) {
  try {
    std::string complaint;
    auto budgets = read_all(toml::parse(text), complaint);
    if (!complaint.empty()) return std::unexpected(fmt::format("{}: {}", source, complaint));
    return budgets;
  } catch (const toml::parse_error& error) {
    return std::unexpected(
        fmt::format("{}:{}: {}", source, error.source().begin.line, error.description()));
  }
}

std::expected<Budgets, std::string> load_budgets(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  return parse_budgets(*text, path);
}

}  // namespace souk::telemetry
