// The history of the shop that a node keeps: the last hour by the second and the last week by the
// minute, summed over all nodes, and what a dashboard shows of it. Every node samples itself once a
// second, tells the others its last rows, and merges theirs.
//
// Threading: any thread; a lock is held for a few microseconds each second, and for some
// milliseconds while a range is rendered. Ownership: borrows budgets and registry, which outlive
// it.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/money.h"
#include "observe/history/conditions.h"
#include "observe/history/rows.h"
#include "observe/history/sampler.h"
#include "observe/history/slowest.h"
#include "observe/history/store.h"

namespace souk::observe {

inline constexpr std::size_t kHourRows = 3'600;   // of a second
inline constexpr std::size_t kWeekRows = 10'080;  // of a minute
inline constexpr std::size_t kMaxHistoryBytes = std::size_t{12} << 20;
// What a node repeats to the others: so many of their looks may fail without a gap.
inline constexpr std::size_t kRowsInReport = 15;
// A second is shown when the rows of the other nodes have had this long to arrive.
inline constexpr Seconds kSettled = 2;
// And a minute is made of its seconds when it has ended for this long.
inline constexpr Seconds kMinuteSettled = 20;
// A node that has not reported for this long is shown as gone; forgotten after kForgotten.
inline constexpr Seconds kGone = 10;
inline constexpr Seconds kForgotten = 900;
// The alerts are judged, and told to dashboards, every so many seconds.
inline constexpr Seconds kStateEvery = 5;

// What a dashboard can show: points of so many seconds.
struct Range {
  std::string_view name;
  Seconds step;
  Seconds length;
};
inline constexpr std::array kRanges = {Range{"5m", 1, 300}, Range{"1h", 10, 3'600},
                                       Range{"24h", 300, 86'400}, Range{"7d", 1'800, 604'800}};
const Range* find_range(std::string_view name);

// A node as others see it.
struct Peer {
  NodeStart start;
  Seconds heard = 0;    // its newest row
  double requests = 0;  // a second
  double cpu = 0;       // shares of what is allotted
  double memory = 0;
};

class History {
 public:
  // `currency`: of the price of a core; nothing: no panel of money.
  History(const telemetry::Budgets& budgets, const telemetry::Registry& registry, NodeStart self,
          std::optional<Currency> currency = {});

  // Samples the second before `now`; once a second, `elapsed` seconds after the last call.
  void tick(Timestamp now, double elapsed);

  // What this node tells the others.
  StoredReport report() const;
  // Merges what another has told. False: its bytes are damaged.
  bool take(const StoredReport& report);
  void take(std::vector<NodeStart> starts);

  // Complete minutes to be stored, at most a few; stored() acknowledges them. `unfinished` adds the
  // seconds of the last ones, for a node that stops.
  struct Due {
    int step;
    StoredRows rows;
  };
  std::vector<Due> due(bool unfinished = false) const;
  void stored();
  // What was stored before this node started. Damaged rows are left out.
  void restore(int step, const std::vector<StoredRows>& rows);

  const NodeStart& self() const { return self_; }
  std::size_t bytes() const { return seconds_.bytes() + minutes_.bytes(); }
  std::size_t nodes() const;

  // What a dashboard shows, as JSON: the panels; the points of a range; alerts, nodes, and what was
  // slowest on this node in the last minutes.
  std::string definition() const;
  std::string points(const Range& range) const;
  std::string state() const;
  // The points that the last tick has completed: for each range, if any, one text.
  std::vector<std::string> new_points() const;

 private:
  struct CurveMeasure {
    Measure measure;
    double factor;
  };

  Seconds shown() const { return last_ - kSettled; }
  // Where the complete points of a range end.
  Seconds end_of(const Range& range) const;
  void fold_minutes();
  void judge();
  RowView over(Seconds window);
  double slope(const Measure& measure, Seconds window) const;
  static RowView fold(Fold& fold, const Ring& ring, Seconds from, Seconds step);
  double value_of(const CurveMeasure& curve, const RowView& row) const;
  void take_peer(const NodeStart& start, const RowView& row);
  // Not heard of for so long, and not replaced by a restarted process.
  bool is_gone(const Peer& peer, Seconds since) const;
  std::size_t gone(Seconds since) const;

  const telemetry::Budgets& budgets_;
  const NodeStart self_;
  const std::optional<Currency> currency_;
  const std::vector<Panel> panels_;
  Layout layout_;
  std::vector<CurveMeasure> curves_;
  Measure requests_;
  Measure cpu_;
  Measure memory_;
  Conditions conditions_;

  mutable std::mutex mutex_;  // guards all below
  Sampler sampler_;
  Slowest endpoints_;
  Slowest statements_;
  Ring seconds_;
  Ring minutes_;
  Fold fold_;
  Fold window_;
  std::deque<OwnedRow> own_;
  Seconds last_ = 0;    // the second sampled last
  Seconds folded_ = 0;  // minutes before are in minutes_
  bool has_new_minute_ = false;
  Seconds stored_ = 0;    // minutes before are stored
  Seconds restored_ = 0;  // seconds up to it are complete as they were stored
  std::map<Uuid, Peer> peers_;
  std::vector<NodeStart> starts_;  // the newest first
};

}  // namespace souk::observe
