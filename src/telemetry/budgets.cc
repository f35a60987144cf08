#include "telemetry/budgets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <stdexcept>

#include "base/files.h"
#include "base/parse.h"

namespace souk::telemetry {
namespace {

struct SectionName {
  Section section;
  std::string_view name;
  bool has_subject = false;
};
constexpr std::array kSections = {
    SectionName{Section::kApi, "api"},
    SectionName{Section::kClass, "class", true},
    SectionName{Section::kEndpoint, "endpoint", true},
    SectionName{Section::kDatabase, "database"},
    SectionName{Section::kCache, "cache"},
    SectionName{Section::kQueue, "queue", true},
    SectionName{Section::kResources, "resources"},
    SectionName{Section::kAvailability, "availability"},
    SectionName{Section::kState, "state"},
};
constexpr std::array<std::string_view, 9> kKeys = {
    "metric", "where", "quantile", "share_of", "at_most", "at_least", "window", "for", "severity"};

template <class Range>
bool contains(const Range& range, std::string_view one) {
  return std::ranges::find(range, one) != range.end();
}

struct Complaint : std::runtime_error {
  using runtime_error::runtime_error;
};

// Parses one objective's table. Throws Complaint.
class ObjectiveReader {
 public:
  ObjectiveReader(const toml::table& table, std::string path,
                  std::span<const MetricSpec* const> metrics)
      : table_(table), path_(std::move(path)), metrics_(metrics) {}

  Objective read(const SectionName& section, std::string_view subject, std::string_view name) {
    for (const auto& [key, value] : table_) {
      if (!contains(kKeys, key.str())) fail(fmt::format("unknown key \"{}\"", key.str()));
    }
    Objective objective{.section = section.section,
                        .subject = std::string(subject),
                        .name = std::string(name),
                        .metric = text("metric")};
    const MetricSpec& spec = metric(objective.metric);
    read_where(objective);
    for (const auto& [label, value] : objective.where) {
      if (!contains(spec.labels, label)) {
        fail(fmt::format("{} has no label \"{}\"", spec.name, label));
      }
    }
    read_measure(objective, spec);
    read_threshold(objective);
    objective.window = duration("window");
    if (table_.contains("for")) objective.alert_after = duration("for");
    const auto severity = text("severity");
    if (severity != "page" && severity != "ticket") refuse("severity", "\"page\" or \"ticket\"");
    objective.severity = severity == "page" ? Severity::kPage : Severity::kTicket;
    return objective;
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw Complaint(fmt::format("[{}]: {}", path_, what));
  }
  [[noreturn]] void refuse(std::string_view key, std::string_view expected) const {
    fail(fmt::format("\"{}\" {}; it must be {}", key,
                     table_.contains(key) ? "has a bad value" : "is missing", expected));
  }

  std::string text(std::string_view key) const {
    const auto value = table_[key].value_exact<std::string>();
    if (!value || value->empty()) refuse(key, "a text");
    return *value;
  }

  std::chrono::microseconds duration(std::string_view key) const {
    const auto value = parse_duration(table_[key].value_exact<std::string>().value_or(""));
    if (!value || value->count() <= 0) refuse(key, "a duration above zero such as \"200ms\"");
    return *value;
  }

  const MetricSpec& metric(std::string_view name) const {
    const auto found = std::ranges::find(metrics_, name, &MetricSpec::name);
    if (found == metrics_.end()) fail(fmt::format("no metric is called \"{}\"", name));
    return **found;
  }

  // For classes and endpoints the series follow from the subject.
  void read_where(Objective& objective) const {
    if (objective.section == Section::kClass) objective.where["priority"] = objective.subject;
    if (objective.section == Section::kEndpoint) {
      const auto space = objective.subject.find(' ');
      if (space == std::string::npos) fail("an endpoint is \"METHOD /route/{template}\"");
      objective.where["method"] = objective.subject.substr(0, space);
      objective.where["route"] = objective.subject.substr(space + 1);
    }
    if (!table_.contains("where")) return;
    const auto* where = table_["where"].as_table();
    if (where == nullptr) refuse("where", "a table of labels");
    for (const auto& [label, value] : *where) {
      const auto wanted = value.value_exact<std::string>();
      if (!wanted) refuse("where", "a table of labels, each with a text");
      objective.where[std::string(label.str())] = *wanted;
    }
  }

  void read_measure(Objective& objective, const MetricSpec& spec) const {
    const bool is_histogram = spec.type == MetricType::kHistogram;
    if (is_histogram != table_.contains("quantile")) {
      fail(fmt::format("{} is {} histogram: it {} a \"quantile\"", spec.name,
                       is_histogram ? "a" : "no", is_histogram ? "needs" : "cannot have"));
    }
    if (is_histogram) {
      const auto quantile = table_["quantile"].value<double>();
      if (!quantile || *quantile <= 0 || *quantile >= 1) refuse("quantile", "between 0 and 1");
      objective.quantile = quantile;
    }
    if (!table_.contains("share_of")) return;
    if (is_histogram) fail("a quantile has no share");
    const auto* names = table_["share_of"].as_array();
    if (names == nullptr || names->empty()) refuse("share_of", "a list of metrics");
    for (const auto& name : *names) {
      objective.share_of.push_back(name.value_exact<std::string>().value_or(""));
      if (metric(objective.share_of.back()).type == MetricType::kHistogram) {
        refuse("share_of", "a list of counters or gauges");
      }
    }
  }

  void read_threshold(Objective& objective) const {
    objective.at_most = table_.contains("at_most");
    if (objective.at_most == table_.contains("at_least")) {
      fail("one of \"at_most\" and \"at_least\" is needed");
    }
    const std::string_view key = objective.at_most ? "at_most" : "at_least";
    objective.is_duration = objective.share_of.empty() && objective.metric.ends_with("_seconds");
    if (objective.is_duration) {
      objective.threshold = std::chrono::duration<double>(duration(key)).count();
      return;
    }
    const auto number = table_[key].value<double>();
    const bool share = !objective.share_of.empty();
    if (!number || *number < 0 || (share && *number > 1)) {
      refuse(key, share ? "a number from 0 to 1" : "a number not below zero");
    }
    objective.threshold = *number;
  }

  const toml::table& table_;
  const std::string path_;
  const std::span<const MetricSpec* const> metrics_;
};

const toml::table& as_table(const toml::node& node, std::string_view path) {
  if (const auto* table = node.as_table()) return *table;
  throw Complaint(fmt::format("\"{}\" must be a table", path));
}

// The objectives of one section, or of one subject of it.
void read_objectives(const toml::table& table, const SectionName& section, std::string_view subject,
                     std::span<const MetricSpec* const> metrics,
                     std::vector<Objective>& objectives) {
  for (const auto& [name, node] : table) {
    const auto path = subject.empty()
                          ? fmt::format("{}.{}", section.name, name.str())
                          : fmt::format("{}.\"{}\".{}", section.name, subject, name.str());
    ObjectiveReader reader(as_table(node, path), path, metrics);
    objectives.push_back(reader.read(section, subject, name.str()));
  }
}

std::vector<Objective> read_all(const toml::table& file,
                                std::span<const MetricSpec* const> metrics) {
  std::vector<Objective> objectives;
  for (const auto& [key, node] : file) {
    const auto section = std::ranges::find(kSections, key.str(), &SectionName::name);
    if (section == kSections.end()) {
      throw Complaint(
          fmt::format("unknown section \"{}\"; there are {}", key.str(),
                      fmt::join(kSections | std::views::transform(&SectionName::name), ", ")));
    }
    const auto& table = as_table(node, key.str());
    if (!section->has_subject) {
      read_objectives(table, *section, {}, metrics, objectives);
      continue;
    }
    for (const auto& [subject, inner] : table) {
      read_objectives(as_table(inner, subject.str()), *section, subject.str(), metrics, objectives);
    }
  }
  return objectives;
}

}  // namespace

bool is_wanted(std::string_view wanted, std::string_view value) {
  if (wanted.starts_with('!')) return !is_wanted(wanted.substr(1), value);
  if (const auto bar = wanted.find('|'); bar != wanted.npos) {
    return is_wanted(wanted.substr(0, bar), value) || is_wanted(wanted.substr(bar + 1), value);
  }
  if (wanted.ends_with('*')) return value.starts_with(wanted.substr(0, wanted.size() - 1));
  return value == wanted;
}

Objective::Labels Objective::excluded() const {
  Labels excluded;
  for (const auto& [label, value] : where) {
    if (value.starts_with('!')) excluded.emplace(label, value);
  }
  return excluded;
}

std::string Objective::title() const {
  const auto named = std::ranges::find(kSections, section, &SectionName::section)->name;
  auto title = subject.empty() ? fmt::format("{} {}", named, name)
                               : fmt::format("{} {} {}", named, subject, name);
  std::ranges::replace(title, '_', ' ');
  return title;
}

const Objective* Budgets::find(Section section, std::string_view subject,
                               std::string_view name) const {
  const auto found = std::ranges::find_if(objectives_, [&](const Objective& objective) {
    return objective.section == section && objective.subject == subject && objective.name == name;
  });
  return found == objectives_.end() ? nullptr : &*found;
}

const Objective* Budgets::of_endpoint(std::string_view endpoint, std::string_view name) const {
  const auto* own = find(Section::kEndpoint, endpoint, name);
  return own != nullptr ? own : find(Section::kApi, {}, name);
}

std::expected<Budgets, std::string> parse_budgets(std::string_view text, std::string_view source,
                                                  std::span<const MetricSpec* const> metrics) {
  try {
    return Budgets(read_all(toml::parse(text), metrics));
  } catch (const Complaint& complaint) {
    return std::unexpected(fmt::format("{}: {}", source, complaint.what()));
  } catch (const toml::parse_error& error) {
    return std::unexpected(
        fmt::format("{}:{}: {}", source, error.source().begin.line, error.description()));
  }
}

std::expected<Budgets, std::string> load_budgets(const std::string& path,
                                                 std::span<const MetricSpec* const> metrics) {
  const auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  return parse_budgets(*text, path, metrics);
}

}  // namespace souk::telemetry
