#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/json_writer.h"
#include "observe/history/history.h"

namespace souk::observe {
namespace {

constexpr std::array<std::string_view, 7> kUnitNames = {
    "perSecond", "perMinute", "seconds", "share", "bytes", "count", "money"};
constexpr std::array<std::string_view, 4> kStateNames = {"noData", "quiet", "pending", "firing"};

std::string_view name_of(Unit unit) { return kUnitNames[static_cast<std::size_t>(unit)]; }

// Four digits are more than a chart shows.
void number(JsonWriter& json, double value) {
  if (std::isfinite(value)) {
    json.raw(fmt::format("{:.4g}", value));
  } else {
    json.null();
  }
}

void member(JsonWriter& json, std::string_view name, double value) {
  json.key(name);
  number(json, value);
}

// The text of a JSON document that `write` fills.
template <class Write>
std::string document(Write write) {
  Buffer out;
  JsonWriter json(out);
  json.begin_object();
  write(json);
  json.end_object();
  return std::string(out.view());
}

template <class Items, class Write>
void list(JsonWriter& json, std::string_view name, const Items& items, Write write) {
  json.key(name);
  json.begin_array();
  for (const auto& item : items) {
    json.begin_object();
    write(item);
    json.end_object();
  }
  json.end_array();
}

void write_marks(JsonWriter& json, std::span<const NodeStart> newest_first) {
  json.key("marks");
  json.begin_array();
  for (auto start = newest_first.begin(); start != newest_first.end(); ++start) {
    std::string_view was;
    for (auto older = std::next(start); older != newest_first.end() && was.empty(); ++older) {
      if (older->name == start->name) was = older->version;
    }
    json.begin_object();
    json.member(
        "at",
        std::chrono::floor<std::chrono::seconds>(start->started_at).time_since_epoch().count());
    json.member("node", std::string_view(start->name));
    json.member("version", std::string_view(start->version));
    json.member("was", was);
    json.end_object();
  }
  json.end_array();
}

void write_slowest(JsonWriter& json, std::string_view name, const Slowest& slowest) {
  list(json, name, slowest.top(), [&json](const Slowest::Entry& entry) {
    json.member("name", std::string_view(entry.name));
    json.member("count", entry.count);
    member(json, "p50", entry.p50);
    member(json, "p95", entry.p95);
    member(json, "apdex", entry.apdex);
  });
}

void write_alert(JsonWriter& json, const Condition& condition) {
  json.member("name", condition.alert->name);
  json.member("summary", condition.alert->summary);
  json.member("customers", condition.alert->customers);
  json.member("critical", condition.severity == telemetry::Severity::kPage);
  json.member("state", kStateNames[static_cast<std::size_t>(condition.state)]);
  json.member("unit", name_of(condition.unit));
  member(json, "value", condition.value);
  member(json, "limit", condition.limit);
  json.member("atMost", condition.at_most);
  json.member("over", std::string_view(condition.over));
  json.member("since", condition.since);
}

}  // namespace

std::string History::definition() const {
  return document([this](JsonWriter& json) {
    json.member("node", std::string_view(self_.name));
    json.member("version", std::string_view(self_.version));
    list(json, "ranges", kRanges, [&json](const Range& range) {
      json.member("name", range.name);
      json.member("step", range.step);
      json.member("length", range.length);
    });
    if (currency_) json.member("currency", currency_->text());
    list(json, "panels", panels_, [&](const Panel& panel) {
      json.member("id", panel.id);
      json.member("title", panel.title);
      json.member("meaning", panel.meaning);
      json.member("unit", name_of(panel.unit));
      json.key("curves");
      json.begin_array();
      for (const auto& curve : panel.all_curves()) json.value(curve.title);
      json.end_array();
      list(json, "limits", panel.all_limits(), [&](const Limit& limit) {
        const auto* const objective = budgets_.find(limit.section, limit.subject, limit.name);
        if (objective == nullptr) return;
        json.member("name", std::string_view(objective->title()));
        member(json, "value", objective->threshold);
        json.member("atMost", objective->at_most);
      });
    });
  });
}

double History::value_of(const CurveMeasure& curve, const RowView& row) const {
  if (row.cells.empty()) return std::nan("");
  return curve.factor * evaluate(curve.measure, row.cells, row.covered);
}

Seconds History::end_of(const Range& range) const {
  const auto end = range.step < minutes_.step() ? shown() + 1 : folded_;
  return end - end % range.step;
}

std::string History::points(const Range& range) const {
  const std::lock_guard lock(mutex_);
  const auto& ring = range.step < minutes_.step() ? seconds_ : minutes_;
  const auto from = end_of(range) - range.length;
  const auto count = static_cast<std::size_t>(range.length / range.step);
  Fold fold(layout_);
  std::vector<double> values(curves_.size() * count);  // curve by curve
  std::vector<std::uint16_t> nodes(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = from + static_cast<Seconds>(i) * range.step;
    const auto row = History::fold(fold, ring, at, range.step);
    nodes[i] = row.nodes;
    for (std::size_t c = 0; c < curves_.size(); ++c) {
      values[c * count + i] = value_of(curves_[c], row);
    }
  }
  return document([&](JsonWriter& json) {
    json.member("range", range.name);
    json.member("step", range.step);
    json.member("from", from);
    json.key("values");
    json.begin_array();
    for (std::size_t c = 0; c < curves_.size(); ++c) {
      json.begin_array();
      for (std::size_t i = 0; i < count; ++i) number(json, values[c * count + i]);
      json.end_array();
    }
    json.end_array();
    json.key("nodes");
    json.begin_array();
    for (const auto of : nodes) json.value(of);
    json.end_array();
    write_marks(json, starts_);
  });
}

std::vector<std::string> History::new_points() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  if (last_ == 0) return all;
  Fold folded(layout_);
  for (const auto& range : kRanges) {
    const bool of_seconds = range.step < minutes_.step();
    const auto end = of_seconds ? shown() + 1 : folded_;
    if (end % range.step != 0 || (!of_seconds && !has_new_minute_)) continue;
    const auto row = fold(folded, of_seconds ? seconds_ : minutes_, end - range.step, range.step);
    all.push_back(document([&](JsonWriter& json) {
      json.member("range", range.name);
      json.member("at", row.at);
      json.key("values");
      json.begin_array();
      for (const auto& curve : curves_) number(json, value_of(curve, row));
      json.end_array();
      json.member("nodes", row.nodes);
    }));
  }
  return all;
}

std::string History::state() const {
  const std::lock_guard lock(mutex_);
  return document([this](JsonWriter& json) {
    json.member("at", last_);
    list(json, "alerts", conditions_.all(),
         [&json](const Condition& condition) { write_alert(json, condition); });
    std::vector<Peer> nodes;
    for (const auto& [id, peer] : peers_) {
      if (peer.heard + kGone >= last_ || is_gone(peer, kGone)) nodes.push_back(peer);
    }
    list(json, "nodes", nodes, [&](const Peer& peer) {
      json.member("name", std::string_view(peer.start.name));
      json.member("version", std::string_view(peer.start.version));
      json.member("startedAt", peer.start.started_at);
      json.member("heard", peer.heard);
      json.member("gone", is_gone(peer, kGone));
      member(json, "requests", peer.requests);
      member(json, "cpu", peer.cpu);
      member(json, "memory", peer.memory);
    });
    write_slowest(json, "endpoints", endpoints_);
    write_slowest(json, "statements", statements_);
    write_marks(json, starts_);
  });
}

}  // namespace souk::observe
