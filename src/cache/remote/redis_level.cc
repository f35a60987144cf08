#include "cache/remote/redis_level.h"

#include <array>

#include "cache/metrics.h"

namespace souk::cache {
namespace {

using redis::Answer;
using runtime::Context;
using runtime::Task;
using std::chrono::milliseconds;

constexpr std::string_view kFenceKey = "souk:fence";
constexpr std::string_view kLeasePrefix = "souk:lease:";

// Byte 4 has the flags (envelope.h); 2 is a tombstone.
constexpr std::string_view kLookText = R"(
local value = redis.call('GET', KEYS[1])
if value and (#value < 4 or bit.band(string.byte(value, 4), 2) == 0) then return value end
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
local fence = redis.call('INCR', KEYS[3])
redis.call('SET', KEYS[2], fence, 'PX', ARGV[1])
return fence)";

constexpr std::string_view kLeaseText = R"(
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local fence = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], fence, 'PX', ARGV[1])
return fence)";

// Compares version, position and fence, but only within one format and one history (epoch).
constexpr std::string_view kStoreText = R"(
local function same_history(old, new)
  return string.sub(old, 1, 3) == string.sub(new, 1, 3) and string.sub(old, 29, 36) == string.sub(new, 29, 36)
end
local function is_newer(old, new)
  local old_version, old_position, old_fence = struct.unpack('>I8I8I8', string.sub(old, 5, 28))
  local new_version, new_position, new_fence = struct.unpack('>I8I8I8', string.sub(new, 5, 28))
  if new_fence > 0 and old_fence > new_fence then return true end
  if old_version > 0 and new_version > 0 then return old_version > new_version end
  return old_position > new_position
end
if ARGV[3] ~= '0' and redis.call('GET', KEYS[2]) == ARGV[3] then redis.call('DEL', KEYS[2]) end
local old = redis.call('GETRANGE', KEYS[1], 0, 35)
if #old == 36 and same_history(old, ARGV[1]) and is_newer(old, ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1)";

constexpr std::string_view kReleaseText = R"(
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0)";

std::string value_key(std::string_view key) { return std::string(RedisLevel::kPrefix).append(key); }
std::string lease_key(std::string_view key) { return std::string(kLeasePrefix).append(key); }
std::string text_of(milliseconds time) { return std::to_string(time.count()); }

RedisLevel::Look read_lease(const Answer& answer, telemetry::Counter& granted,
                            telemetry::Counter& waited) {
  const auto fence = answer ? answer->integer() : std::nullopt;
  if (!fence) return {};
  (*fence > 0 ? granted : waited).increment();
  return {.fence = static_cast<std::uint64_t>(std::max<std::int64_t>(*fence, 0)),
          .busy = *fence == 0};
}

}  // namespace

RedisLevel::RedisLevel(redis::Client& client, const Invalidations& invalidations,
                       const redis::SharedSecret& secret, Environment environment)
    : client_(client),
      invalidations_(invalidations),
      secret_(secret),
      log_(environment.log),
      random_(environment.random),
      look_script_(kLookText),
      lease_script_(kLeaseText),
      store_script_(kStoreText),
      release_script_(kReleaseText),
      foreign_(environment.registry.cell(kMetrics.remote_rejected, {"foreign"})),
      forged_(environment.registry.cell(kMetrics.remote_rejected, {"forged"})),
      outdated_(environment.registry.cell(kMetrics.remote_rejected, {"outdated"})),
      granted_(environment.registry.cell(kMetrics.leases, {"granted"})),
      waited_(environment.registry.cell(kMetrics.leases, {"waited"})) {}

milliseconds RedisLevel::jittered(milliseconds ttl) {
  const auto tenth = static_cast<std::uint64_t>(ttl.count() / 10);
  return ttl - milliseconds(random_.next() % (tenth + 1));
}

EntryPtr RedisLevel::believe(const Kind& kind, const std::string& key, std::string_view sealed) {
  const auto secret = secret_.get();
  auto opened = secret ? open(*secret, key, sealed) : std::nullopt;
  const bool ours = opened && opened->epoch == invalidations_.epoch();
  if (ours && !opened->authentic) {
    report_forged(key);
    return nullptr;
  }
  auto entry = ours ? decode(kind, key, *std::move(opened)) : nullptr;
  if (!entry) {
    foreign_.increment();
    return nullptr;
  }
  entry->since = invalidations_.sequence();
  if (!invalidations_.holds_from_redis(*entry)) {
    outdated_.increment();
    return nullptr;
  }
  entry->begin_life(kind, jittered(entry->absent() ? kind.absent_ttl : kind.memory_ttl));
  return entry;
}

// Of this history, but not authentic: damaged, or written by another program.
void RedisLevel::report_forged(const std::string& key) {
  forged_.increment();
  const auto time = std::chrono::steady_clock::now();
  if (time < quiet_until_) return;
  quiet_until_ = time + kForgedLogInterval;
  log_.error("cache_value_forged", {{"key", std::string_view(key)}});
}

Task<EntryPtr> RedisLevel::get(const Kind& kind, const std::string& key) {
  const auto name = value_key(key);
  const auto answer = co_await client_.command("GET", name);
  const auto sealed = answer ? answer->text() : std::nullopt;
  co_return sealed ? believe(kind, key, *sealed) : nullptr;
}

Task<std::optional<Opened>> RedisLevel::peek(const std::string& key) {
  const auto name = value_key(key);
  const auto answer = co_await client_.command("GET", name);
  const auto sealed = answer ? answer->text() : std::nullopt;
  const auto secret = secret_.get();
  auto opened = sealed && secret ? open(*secret, key, *sealed) : std::nullopt;
  if (!opened || !opened->authentic) co_return std::nullopt;
  opened->value = {};  // would dangle: a view into the reply
  co_return opened;
}

Task<RedisLevel::Look> RedisLevel::look(const Kind& kind, const std::string& key) {
  const auto name = value_key(key);
  const auto lease_name = lease_key(key);
  const auto time = text_of(kLeaseTime);
  std::array<std::string_view, 7> words = {"", "", "3", name, lease_name, kFenceKey, time};
  const auto answer = co_await client_.run(look_script_, words);
  const auto sealed = answer ? answer->text() : std::nullopt;
  if (!sealed) co_return read_lease(answer, granted_, waited_);
  if (auto entry = believe(kind, key, *sealed)) co_return Look{.entry = std::move(entry)};
  co_return co_await lease(key);
}

Task<RedisLevel::Look> RedisLevel::lease(const std::string& key) {
  const auto name = lease_key(key);
  const auto time = text_of(kLeaseTime);
  std::array<std::string_view, 6> words = {"", "", "2", name, kFenceKey, time};
  co_return read_lease(co_await client_.run(lease_script_, words), granted_, waited_);
}

Task<bool> RedisLevel::store(const Entry& entry, milliseconds ttl, std::uint64_t fence) {
  const auto secret = secret_.get();
  if (!secret) co_return false;
  const auto name = value_key(entry.key);
  const auto lease_name = lease_key(entry.key);
  const auto sealed = seal(*secret, entry, fence);
  const auto time = text_of(jittered(ttl));
  const auto number = std::to_string(fence);
  std::array<std::string_view, 8> words = {"", "", "2", name, lease_name, sealed, time, number};
  const auto answer = co_await client_.run(store_script_, words);
  co_return answer && answer->integer() == 1;
}

Task<void> RedisLevel::store_tombstone(const std::string& key, std::int64_t version, Position by) {
  const auto name = value_key(key);
  const auto lease_name = lease_key(key);
  const auto sealed = seal_tombstone(version, by, invalidations_.epoch());
  const auto time = text_of(kTombstoneTime);
  std::array<std::string_view, 8> words = {"", "", "2", name, lease_name, sealed, time, "0"};
  co_await client_.run(store_script_, words);
}

Task<void> RedisLevel::release(const std::string& key, std::uint64_t fence) {
  const auto name = lease_key(key);
  const auto number = std::to_string(fence);
  std::array<std::string_view, 5> words = {"", "", "1", name, number};
  co_await client_.run(release_script_, words);
}

Task<void> RedisLevel::remove(const std::string& key) {
  const auto name = value_key(key);
  co_await client_.command("UNLINK", name);
}

Task<std::size_t> RedisLevel::remove_by_pattern(Context& context, const std::string& pattern) {
  const auto match = value_key(pattern);
  const auto count = std::to_string(kKeysPerScan);
  std::size_t removed = 0;
  std::string cursor = "0";
  do {
    const auto answer = co_await client_.command("SCAN", cursor, "MATCH", match, "COUNT", count);
    const bool usable = answer && answer->size() == 2 && (*answer)[0].text();
    if (!usable || context.remaining().count() <= 0) break;
    cursor = *(*answer)[0].text();
    std::vector<std::string_view> words = {"UNLINK"};
    const auto keys = (*answer)[1];
    for (std::size_t i = 0; i < keys.size(); ++i) words.push_back(keys[i].text().value_or(""));
    if (words.size() == 1) continue;
    const auto gone = co_await client_.command(words);
    if (gone) removed += static_cast<std::size_t>(gone->integer().value_or(0));
  } while (cursor != "0");
  co_return removed;
}

}  // namespace souk::cache
