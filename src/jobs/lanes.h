// Keeps the order of each aggregate among the jobs this node has claimed. A lane lives from the
// claim of its first job until the last one is settled in the database. Once a job of a lane has
// failed, the rest of the lane is handed back: it must wait behind the failed job.
//
// Threading: one loop. Ownership: owns the jobs that wait in it.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "jobs/store.h"

namespace souk::jobs {

// A job that this node has claimed.
struct HeldJob {
  store::ClaimerId claimer;
  Job job;
  std::chrono::steady_clock::time_point appended = {};
};
using Held = std::unique_ptr<HeldJob>;

class Lanes {
 public:
  using Delay = std::chrono::milliseconds;

  // Call it for each claimed job, in the order of the claims.
  void add(const Job& job, store::ClaimerId claimer) {
    ++lanes_[job.aggregate].held;
    held_.emplace(claimer, job.id);
  }

  // Returns the job if it may run now; otherwise keeps it until next() returns it.
  Held enter(Held job) {
    auto& lane = lanes_.at(job->job.aggregate);
    if (lane.running) {
      lane.waiting.push_back(std::move(job));
      ++waiting_;
      return nullptr;
    }
    lane.running = true;
    return job;
  }
  // After the running job ended: the next job of its aggregate, or null.
  Held next(const Uuid& aggregate) {
    auto& lane = lanes_.at(aggregate);
    if (lane.waiting.empty()) {
      lane.running = false;
      return nullptr;
    }
    auto job = std::move(lane.waiting.front());
    lane.waiting.pop_front();
    --waiting_;
    return job;
  }
  // After the running job failed: the rest of its lane must be handed back with this delay.
  void block(const Uuid& aggregate, Delay delay) { lanes_.at(aggregate).blocked_for = delay; }
  std::optional<Delay> blocked_for(const Uuid& aggregate) const {
    return lanes_.at(aggregate).blocked_for;
  }

  // Call it when the job's outcome is written to the database.
  void settled(const HeldJob& job) {
    held_.erase(held_.find({job.claimer, job.job.id}));
    const auto lane = lanes_.find(job.job.aggregate);
    if (--lane->second.held == 0) lanes_.erase(lane);
  }

  std::size_t waiting() const { return waiting_; }
  bool empty() const { return lanes_.empty(); }
  // The ids of the jobs held under this claimer.
  std::vector<Uuid> held_by(store::ClaimerId claimer) const {
    std::vector<Uuid> ids;
    for (auto i = held_.lower_bound({claimer, {}}); i != held_.end() && i->first == claimer; ++i) {
      ids.push_back(i->second);
    }
    return ids;
  }

 private:
  struct Lane {
    std::size_t held = 0;
    bool running = false;
    std::optional<Delay> blocked_for;
    std::deque<Held> waiting;
  };
  std::unordered_map<Uuid, Lane> lanes_;
  // Holds a job twice when the server has lost its claim in a crash and it was claimed again.
  std::multiset<std::pair<store::ClaimerId, Uuid>> held_;
  std::size_t waiting_ = 0;
};

}  // namespace souk::jobs
