#include "observe/history/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace souk::observe {
namespace {

constexpr Seconds kMinute = 60;
constexpr std::size_t kMaxDueMinutes = 5;

Seconds second_of(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}
Timestamp time_of(Seconds second) { return Timestamp(std::chrono::seconds(second)); }

Seconds floor_to(Seconds at, Seconds step) { return at - at % step; }

std::vector<NodeStart> without(std::vector<NodeStart> starts, const Uuid& node) {
  std::erase_if(starts, [&node](const NodeStart& start) { return start.node == node; });
  return starts;
}

}  // namespace

const Range* find_range(std::string_view name) {
  const auto* const found = std::ranges::find(kRanges, name, &Range::name);
  return found == kRanges.end() ? nullptr : found;
}

History::History(const telemetry::Budgets& budgets, const telemetry::Registry& registry,
                 NodeStart self, std::optional<Currency> currency)
    : budgets_(budgets),
      self_(std::move(self)),
      currency_(currency),
      panels_(currency ? std::vector(panels().begin(), panels().end()) : panels_without_money()),
      curves_([this] {
        std::vector<CurveMeasure> measures;
        for (const auto& panel : panels_) {
          for (const auto& curve : panel.all_curves()) {
            measures.push_back({layout_.add(curve.measure(), curve.nodes, curve.labels_of_whole()),
                                panel.factor(curve)});
          }
        }
        return measures;
      }()),
      conditions_(layout_, budgets),
      sampler_(layout_, registry),
      endpoints_(registry, "souk_http_request_duration_seconds", 2),
      statements_(registry, "souk_db_statement_duration_seconds", 1),
      seconds_(layout_, kHourRows, 1),
      minutes_(layout_, kWeekRows, kMinute),
      fold_(layout_),
      window_(layout_),
      starts_({self_}) {
  SOUK_ASSERT(bytes() <= kMaxHistoryBytes);
  std::size_t i = 0;
  for (const auto& panel : panels_) {
    for (const auto& curve : panel.all_curves()) {
      const auto& measure = curves_[i++].measure;
      if (panel.id == "throughput") requests_ = measure;
      if (panel.id == "resources") (curve.title == "CPU" ? cpu_ : memory_) = measure;
    }
  }
}

void History::tick(Timestamp now, double elapsed) {
  const std::lock_guard lock(mutex_);
  const auto at = second_of(now) - 1;
  if (at + kMinute < last_) {  // the database's clock was set back
    seconds_.clear();
    minutes_.clear();
    folded_ = stored_ = restored_ = last_ = 0;
  }
  if (at <= last_) return;
  const auto row = sampler_.sample(at, elapsed);
  if (folded_ == 0) folded_ = stored_ = floor_to(at, kMinute);
  if (at / kMinute != last_ / kMinute) {
    endpoints_.mark();
    statements_.mark();
  }
  last_ = at;
  if (row) {
    seconds_.merge(*row);
    own_.push_back({row->at, row->covered, row->nodes, {row->cells.begin(), row->cells.end()}});
    if (own_.size() > kRowsInReport) own_.pop_front();
    take_peer(self_, *row);
  }
  std::erase_if(peers_, [&](const auto& peer) { return peer.second.heard + kForgotten < last_; });
  const auto before = folded_;
  fold_minutes();
  has_new_minute_ = folded_ != before;
  if (last_ % kStateEvery == 0) judge();
}

RowView History::fold(Fold& fold, const Ring& ring, Seconds from, Seconds step) {
  for (auto at = from; at < from + step; at += ring.step()) fold.add(ring.find(at));
  return fold.take(from);
}

void History::fold_minutes() {
  // Of a time in which this node did not run, there are no seconds.
  const auto oldest = floor_to(last_ - static_cast<Seconds>(kHourRows) + 2 * kMinute, kMinute);
  folded_ = std::max(folded_, oldest);
  stored_ = std::max(stored_, oldest);
  for (; folded_ + kMinute + kMinuteSettled <= last_; folded_ += kMinute) {
    const auto row = fold(fold_, seconds_, folded_, kMinute);
    if (!row.cells.empty()) minutes_.put(row);
  }
}

void History::take_peer(const NodeStart& start, const RowView& row) {
  auto& peer = peers_[start.node];
  const bool is_new = peer.heard == 0;
  peer.start = start;
  peer.heard = row.at;
  peer.requests = evaluate(requests_, row.cells, row.covered);
  peer.cpu = evaluate(cpu_, row.cells, row.covered);
  peer.memory = evaluate(memory_, row.cells, row.covered);
  if (!is_new) return;
  if (std::ranges::find(starts_, start.node, &NodeStart::node) != starts_.end()) return;
  starts_.insert(starts_.begin(), start);
  if (starts_.size() > store::kMaxMarks) starts_.pop_back();
}

StoredReport History::report() const {
  const std::lock_guard lock(mutex_);
  std::vector<RowView> rows;
  for (const auto& row : own_) rows.push_back(row.view());
  return {self_, encode(layout_, rows)};
}

bool History::take(const StoredReport& report) {
  if (report.start.node == self_.node) return true;
  const auto rows = decode(layout_, report.rows);
  if (!rows) return false;
  const std::lock_guard lock(mutex_);
  const auto known = peers_.find(report.start.node);
  const auto heard = known == peers_.end() ? 0 : known->second.heard;
  for (const auto& row : *rows) {
    if (row.at <= heard || row.at > last_ + kMinute || row.at + kForgotten < last_) continue;
    if (row.at > restored_ && row.at >= folded_) seconds_.merge(row.view());
    take_peer(report.start, row.view());
  }
  return true;
}

void History::take(std::vector<NodeStart> starts) {
  const std::lock_guard lock(mutex_);
  starts_ = without(std::move(starts), self_.node);
  starts_.insert(starts_.begin(), self_);
}

std::vector<History::Due> History::due(bool unfinished) const {
  const std::lock_guard lock(mutex_);
  std::vector<Due> due;
  const auto end = unfinished ? last_ + 1 : folded_;
  for (auto minute = stored_; minute < end && due.size() < 2 * kMaxDueMinutes; minute += kMinute) {
    std::vector<RowView> rows;
    int weight = 0;
    for (auto at = minute; at < minute + kMinute; ++at) {
      if (const auto row = seconds_.find(at); !row.cells.empty()) {
        rows.push_back(row);
        weight += row.nodes;
      }
    }
    if (rows.empty()) continue;
    due.push_back({1, {time_of(minute), weight, encode(layout_, rows)}});
    const auto whole = minutes_.find(minute);
    if (whole.cells.empty()) continue;
    due.push_back({static_cast<int>(kMinute),
                   {time_of(minute), weight, encode(layout_, std::span(&whole, 1))}});
  }
  return due;
}

void History::stored() {
  const std::lock_guard lock(mutex_);
  const auto most = static_cast<Seconds>(kMaxDueMinutes) * kMinute;
  stored_ = std::min(folded_, stored_ + most);
}

void History::restore(int step, const std::vector<StoredRows>& stored) {
  const std::lock_guard lock(mutex_);
  auto& ring = step == 1 ? seconds_ : minutes_;
  Seconds newest = 0;
  for (const auto& bytes : stored) {
    const auto rows = decode(layout_, bytes.rows);
    if (!rows) continue;
    for (const auto& row : *rows) {
      if (row.nodes == 0 || row.at % step != 0) continue;
      ring.put(row.view());
      newest = std::max(newest, row.at);
    }
  }
  if (step != 1 || newest == 0) return;
  restored_ = newest;
  // The minutes that were not complete when they were stored.
  folded_ = stored_ = floor_to(newest, kMinute);
}

std::size_t History::nodes() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count_if(
      peers_, [this](const auto& peer) { return peer.second.heard + kGone >= last_; }));
}

bool History::is_gone(const Peer& peer, Seconds since) const {
  if (peer.heard + since >= last_) return false;
  return std::ranges::none_of(peers_, [&peer](const auto& other) {
    const auto& start = other.second.start;
    return start.name == peer.start.name && start.started_at > peer.start.started_at;
  });
}

std::size_t History::gone(Seconds since) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(peers_, [&](const auto& peer) { return is_gone(peer.second, since); }));
}

RowView History::over(Seconds window) {
  const auto& ring = window <= static_cast<Seconds>(kHourRows) - kMinute ? seconds_ : minutes_;
  const auto step = ring.step();
  const auto end = floor_to(shown() + 1, step);
  for (auto at = end - floor_to(window, step); at < end; at += step) window_.add(ring.find(at));
  return window_.take(end - window);
}

// By least squares, as Prometheus' deriv().
double History::slope(const Measure& measure, Seconds window) const {
  double n = 0;
  double sum_x = 0;
  double sum_y = 0;
  double sum_xx = 0;
  double sum_xy = 0;
  for (Seconds x = 0; x < window; ++x) {
    const auto row = seconds_.find(shown() - window + x);
    if (row.cells.empty()) continue;
    const double y = evaluate(measure, row.cells, row.covered);
    if (std::isnan(y)) continue;
    const auto at = static_cast<double>(x);
    n += 1;
    sum_x += at;
    sum_y += y;
    sum_xx += at * at;
    sum_xy += at * y;
  }
  const double spread = n * sum_xx - sum_x * sum_x;
  return spread > 0 ? (n * sum_xy - sum_x * sum_y) / spread : 0;
}

void History::judge() {
  conditions_.judge(
      last_, [this](Seconds window) { return over(window); },
      [this](const Measure& measure, Seconds window) { return slope(measure, window); },
      gone(std::chrono::seconds(kUnreachableAfter).count()));
}

}  // namespace souk::observe
