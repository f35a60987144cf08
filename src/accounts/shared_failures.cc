#include "accounts/shared_failures.h"

#include <algorithm>
#include <utility>

#include "accounts/metrics.h"

namespace souk::accounts {
namespace {

using runtime::Context;
using runtime::Task;
using std::chrono::microseconds;

constexpr std::string_view kPrefix = "souk:failures:";

// A count is stored as it was at its last failure, by the clock of Redis. What is stored is not
// trusted: what is no count is none, and a time ahead is now. ARGV: "admit", "admit_known" or
// "take_back", then of each key its policy, in microseconds. Answers how many microseconds to wait;
// unless 0, nothing was counted. FailureCounts has the same rules.
constexpr std::string_view kText = R"(
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local all = {}
for i, key in ipairs(KEYS) do
  local each = {key = key}
  for j, name in ipairs({'free', 'delay', 'max_delay', 'forget'}) do
    each[name] = tonumber(ARGV[4 * i - 3 + j])
  end
  local count, last = string.match(redis.call('GET', key) or '', '^(%d+%.%d+) (%d+)$')
  each.count = math.min(tonumber(count or 0), each.free + 64)
  each.is_ahead = tonumber(last or 0) > now
  each.ago = math.min(math.max(now - tonumber(last or now), 0), each.forget * each.count)
  each.left = each.count - each.ago / each.forget
  all[i] = each
end
local function rounded(count) return math.floor(count + 0.5) end
local function store(each, count, ago)
  local left = count * each.forget - ago
  if count <= 0 or left <= 0 then return redis.call('DEL', each.key) end
  redis.call('SET', each.key, string.format('%.9f %.0f', count, now - ago), 'PX',
             math.ceil(left / 1000))
end
if ARGV[1] == 'take_back' then
  for _, each in ipairs(all) do store(each, each.count - 1, each.ago) end
  return 0
end
local judged = #all
if ARGV[1] == 'admit_known' and rounded(all[1].left) < all[1].free then judged = 1 end
local wait = 0
for i = 1, judged do
  local each = all[i]
  local over = rounded(each.count) - each.free
  if each.left > 0 and over >= 0 then
    wait = math.max(wait, math.min(each.delay * 2 ^ over, each.max_delay) - each.ago)
  end
end
for _, each in ipairs(all) do
  if wait <= 0 then
    store(each, each.left + 1, 0)
  elseif each.is_ahead then
    store(each, each.count, 0)
  end
end
return math.ceil(wait))";

}  // namespace

SharedFailures::SharedFailures(redis::Client* redis, const redis::SharedSecret& secret,
                               telemetry::Registry& registry)
    : redis_(redis),
      secret_(secret),
      script_(kText),
      shared_(registry.cell(kMetrics.shared_failures, {"shared"})),
      local_(registry.cell(kMetrics.shared_failures, {"local"})) {}

Task<std::optional<microseconds>> SharedFailures::admit(const Context& context,
                                                        std::vector<SharedCount> counts,
                                                        bool known_network) {
  if (counts.empty()) co_return std::nullopt;
  auto longest = microseconds::zero();
  for (const auto& [name, policy] : counts) {
    longest = std::max(longest, std::chrono::ceil<microseconds>(policy.max_delay));
  }
  const auto wait = co_await run(context, "accounts.admit", known_network ? "admit_known" : "admit",
                                 std::move(counts));
  if (!wait) co_return std::nullopt;
  co_return std::clamp(*wait, microseconds::zero(), longest);
}

Task<void> SharedFailures::take_back(const Context& context, std::vector<SharedCount> counts) {
  co_await run(context, "accounts.take_back", "take_back", std::move(counts));
}

Task<std::optional<microseconds>> SharedFailures::run(const Context& context,
                                                      std::string_view span_name,
                                                      std::string_view what,
                                                      std::vector<SharedCount> counts) {
  if (redis_ == nullptr || counts.empty()) co_return std::nullopt;
  const auto secret = secret_.get();
  if (!secret) {
    local_.increment();
    co_return std::nullopt;
  }
  std::vector<std::string> texts = {std::to_string(counts.size())};
  for (const auto& count : counts)
    texts.push_back(redis::secret_name(*secret, kPrefix, count.name));
  texts.emplace_back(what);
  for (const auto& [name, policy] : counts) {
    texts.push_back(std::to_string(policy.free));
    for (const auto time : {policy.delay, policy.max_delay, policy.forget}) {
      texts.push_back(std::to_string(std::chrono::duration_cast<microseconds>(time).count()));
    }
  }
  std::vector<std::string_view> words(2);  // the script's own
  words.insert(words.end(), texts.begin(), texts.end());
  OpenSpan span(context.spans, SpanKind::kRedis, span_name);
  const auto answer = co_await redis_->run(script_, words);
  const auto wait = answer ? answer->integer() : std::nullopt;
  (wait ? shared_ : local_).increment();
  if (!wait) co_return std::nullopt;
  span.succeeded();
  co_return microseconds(*wait);
}

}  // namespace souk::accounts
