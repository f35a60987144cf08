#include "admission/shared_counts.h"

#include <algorithm>
#include <utility>

namespace souk::admission {
namespace {

using runtime::Task;
using Time = TokenBuckets::Time;
using std::chrono::microseconds;

constexpr std::string_view kPrefix = "souk:rate:";

// By the clock of Redis. ARGV: for each bucket the microseconds of its time that were taken, then
// the most that may be missing. Answers how many are missing until it is full. A bucket is stored
// as the time at which it is full and the time of that entry: where that is in the future, the
// clock was set back meanwhile, and what was missing still is.
constexpr std::string_view kTakeText = R"(
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local missing = {}
for i, key in ipairs(KEYS) do
  local full, entered = string.match(redis.call('GET', key) or '', '^(%d+) (%d+)$')
  local stored = tonumber(full or 0) - math.max(tonumber(entered or 0) - now, 0)
  local full_at = math.min(math.max(stored, now) + ARGV[2 * i - 1], now + ARGV[2 * i])
  local bucket = string.format('%.0f %.0f', full_at, now)
  redis.call('SET', key, bucket, 'PX', math.ceil((full_at - now) / 1000))
  missing[i] = full_at - now
end
return missing)";

// Nodes that take at the same time take more than there is, which is waited for: otherwise each of
// them could take at the full rate for ever. But whatever is stored, a window later there is a
// token.
microseconds most_missing(const Rate& rate) { return 2 * rate.window - rate.per_token(); }

}  // namespace

SharedCounts::SharedCounts(runtime::Loop& loop, redis::Client* redis,
                           const redis::SharedSecret& secret, TokenBuckets& buckets,
                           telemetry::Registry& registry)
    : loop_(loop),
      redis_(redis),
      secret_(secret),
      buckets_(buckets),
      script_(kTakeText),
      told_(registry.cell(kMetrics.shared_takes, {"shared"})),
      untold_(registry.cell(kMetrics.shared_takes, {"local"})),
      scope_(loop) {}

void SharedCounts::taken(std::string_view key, const Rate& rate) {
  if (redis_ == nullptr || closed_) return;
  const auto found = taken_.find(std::string(key));
  if (found != taken_.end()) {
    found->second.time += rate.per_token();
  } else if (taken_.size() == kMostTold) {
    untold_.increment();
  } else {
    taken_.emplace(key, Worth{rate.per_token(), most_missing(rate)});
  }
  if (!armed()) loop_.arm(*this, kInterval);
}

void SharedCounts::on_timer() {
  std::vector<Taken> call;
  for (auto& [key, worth] : std::exchange(taken_, {})) {
    call.push_back({key, worth});
    if (call.size() == kMostOfCall) scope_.spawn(tell(std::exchange(call, {})));
  }
  if (!call.empty()) scope_.spawn(tell(std::move(call)));
}

Task<void> SharedCounts::tell(std::vector<Taken> taken) {
  const auto secret = secret_.get();
  if (!secret) {
    untold_.add(static_cast<double>(taken.size()));
    co_return;
  }
  std::vector<std::string> texts = {std::to_string(taken.size())};
  for (const auto& each : taken) {
    texts.push_back(redis::secret_name(*secret, kPrefix, each.key));
  }
  for (const auto& each : taken) {
    texts.push_back(std::to_string(each.worth.time.count()));
    texts.push_back(std::to_string(each.worth.most_missing.count()));
  }
  std::vector<std::string_view> words(2);  // the script's own
  words.insert(words.end(), texts.begin(), texts.end());
  const auto sent = TokenBuckets::Clock::now();
  const auto answer = co_await redis_->run(script_, words);
  const bool is_told = answer && answer->size() == taken.size();
  (is_told ? told_ : untold_).add(static_cast<double>(taken.size()));
  if (is_told) learn(taken, *answer, sent);
}

// Tokens are told up to an interval after they were taken: what exceeds the node's own count by
// less is no other node's.
void SharedCounts::learn(const std::vector<Taken>& told, const redis::Reply& reply, Time sent) {
  for (std::size_t i = 0; i < told.size(); ++i) {
    if (const auto missing = reply[i].integer()) {
      const auto most = told[i].worth.most_missing;
      const auto until_full = std::clamp(microseconds(*missing), microseconds(0), most);
      buckets_.set_full_at(told[i].key, sent + until_full - kInterval, sent);
    }
  }
}

Task<void> SharedCounts::close() {
  closed_ = true;
  cancel();
  co_await scope_.join();
}

}  // namespace souk::admission
