#include "accounts/shared_failures.h"

#include <utility>

#include "accounts/metrics.h"

namespace souk::accounts {
namespace {

using runtime::Task;
using std::chrono::microseconds;

constexpr std::string_view kPrefix = "souk:failures:";

// A count is stored as it was at its last failure, by the clock of Redis. ARGV: the change, and for
// each key how long it takes to forget one, in microseconds. Answers two integers for each: what
// was counted before, in thousandths, and how many microseconds ago.
constexpr std::string_view kChangeText = R"(
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local by = tonumber(ARGV[1])
local before = {}
for i, key in ipairs(KEYS) do
  local forget = tonumber(ARGV[1 + i])
  local count, last = string.match(redis.call('GET', key) or '', '^(%d+%.%d+) (%d+)$')
  count, last = tonumber(count or 0), tonumber(last or now)
  before[2 * i - 1], before[2 * i] = math.floor(count * 1000), now - last
  if by > 0 then count, last = math.max(count - (now - last) / forget, 0), now end
  count = count + by
  local left = count * forget - (now - last)
  if count > 0 and left > 0 then
    redis.call('SET', key, string.format('%.3f %.0f', count, last), 'PX', math.ceil(left / 1000))
  else
    redis.call('DEL', key)
  end
end
return before)";

}  // namespace

SharedFailures::SharedFailures(redis::Client* redis, telemetry::Registry& registry)
    : redis_(redis),
      script_(kChangeText),
      shared_(registry.cell(kMetrics.shared_failures, {"shared"})),
      local_(registry.cell(kMetrics.shared_failures, {"local"})) {}

Task<std::optional<std::vector<Counted>>> SharedFailures::add(std::vector<SharedCount> counts) {
  return change(std::move(counts), "1");
}

Task<void> SharedFailures::take_back(std::vector<SharedCount> counts) {
  co_await change(std::move(counts), "-1");
}

Task<std::optional<std::vector<Counted>>> SharedFailures::change(std::vector<SharedCount> counts,
                                                                 std::string_view by) {
  if (redis_ == nullptr || counts.empty()) co_return std::nullopt;
  std::vector<std::string> texts = {std::to_string(counts.size())};
  for (const auto& count : counts) texts.push_back(std::string(kPrefix).append(count.name));
  texts.emplace_back(by);
  for (const auto& count : counts) {
    const auto forget = std::chrono::duration_cast<microseconds>(count.forget);
    texts.push_back(std::to_string(forget.count()));
  }
  std::vector<std::string_view> words(2);  // the script's own
  words.insert(words.end(), texts.begin(), texts.end());
  const auto answer = co_await redis_->run(script_, words);
  const bool answered = answer && answer->size() == 2 * counts.size();
  (answered ? shared_ : local_).increment();
  if (!answered) co_return std::nullopt;
  const auto now = std::chrono::steady_clock::now();
  std::vector<Counted> before;
  for (std::size_t i = 0; i < answer->size(); i += 2) {
    const auto thousandths = (*answer)[i].integer().value_or(0);
    const auto ago = microseconds((*answer)[i + 1].integer().value_or(0));
    before.push_back({static_cast<double>(thousandths) / 1000, now - ago});
  }
  co_return before;
}

}  // namespace souk::accounts
