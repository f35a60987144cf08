#include "admission/rate_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <span>

#include "base/enum_names.h"
#include "http/problem.h"

namespace souk::admission {
namespace {

using http::Quota;
using http::Request;
using http::Response;
using http::Route;
using std::chrono::ceil;
using std::chrono::seconds;
using Time = TokenBuckets::Time;

constexpr std::array<std::string_view, 2> kWhoseNames = {"network", "account"};

// Probes of balancers must tell the state of the node, not of a quota.
bool is_probe(const Route& route) {
  return route.priority == http::Priority::kOperator && route.access == http::Access::kEverybody;
}

void add_fields(Response& response, std::string_view policy, std::string_view name,
                const TokenBuckets::State& state) {
  response.headers.add("RateLimit-Policy", policy);
  response.headers.add("RateLimit", fmt::format("{};r={};t={}", name, state.left,
                                                ceil<seconds>(state.until_full).count()));
}

}  // namespace

const QuotaLimits& RateLimitsConfig::of(Quota quota) const {
  switch (quota) {
    case Quota::kReads:
      return reads;
    case Quota::kChanges:
      return changes;
    case Quota::kSignIn:
      return sign_in;
    case Quota::kRegistration:
      return registration;
    case Quota::kAdmin:
      break;
  }
  return admin;
}

// The same on every node: the quota, whose it is, and the address or the id.
class RateLimits::Key {
 public:
  Key(Quota quota, Whose whose, std::span<const std::uint8_t, 16> of) {
    text_[0] = static_cast<char>('a' + static_cast<char>(quota));
    text_[1] = whose == Whose::kNetwork ? 'n' : 'u';
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (std::size_t i = 0; i < of.size(); ++i) {
      text_[2 + 2 * i] = kDigits[of[i] >> 4];
      text_[3 + 2 * i] = kDigits[of[i] & 15];
    }
  }
  std::string_view text() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 34> text_;
};

RateLimits::RateLimits(runtime::Loop& loop, redis::Client* redis, const redis::SharedSecret& secret,
                       TokenBuckets& buckets, const RateLimitsConfig& config,
                       telemetry::Registry& registry)
    : buckets_(buckets),
      shared_(loop, redis, secret, buckets, registry),
      evicted_(registry.cell(kMetrics.buckets_evicted)) {
  for (std::size_t i = 0; i < http::kQuotaNames.size(); ++i) {
    const auto quota = static_cast<Quota>(i);
    const auto& tokens = config.of(quota);
    limits_.push_back(limit_of(quota, Whose::kNetwork, tokens.of_network, registry));
    limits_.push_back(limit_of(quota, Whose::kAccount, tokens.of_account, registry));
  }
}

RateLimits::Limit RateLimits::limit_of(Quota quota, Whose whose, unsigned tokens,
                                       telemetry::Registry& registry) {
  const Rate rate{.tokens = tokens};
  const auto quota_name = name_of(http::kQuotaNames, quota);
  const auto whose_name = name_of(kWhoseNames, whose);
  auto name = fmt::format("\"{}-of-{}\"", quota_name, whose_name);
  auto policy = fmt::format("{};q={};w={}", name, tokens, ceil<seconds>(rate.window).count());
  return {rate, std::move(policy), std::move(name),
          registry.cell(kMetrics.rate_limited, {quota_name, whose_name})};
}

const RateLimits::Limit& RateLimits::limit(Quota quota, Whose whose) const {
  return limits_[2 * static_cast<std::size_t>(quota) + static_cast<std::size_t>(whose)];
}

std::optional<Response> RateLimits::take(const Key& key, const Limit& limit, Time now) {
  const auto state = buckets_.take(key.text(), limit.rate, now);
  if (state.evicted) evicted_.increment();
  if (state.taken) {
    shared_.taken(key.text(), limit.rate);
    return std::nullopt;
  }
  limit.refused.increment();
  auto response = http::problem(ErrorCode::kTooManyRequests,
                                "too many requests of this kind; try again after Retry-After");
  response.headers.add("Retry-After", std::to_string(std::max<std::int64_t>(
                                          ceil<seconds>(state.until_next).count(), 1)));
  add_fields(response, limit.policy, limit.name, state);
  return response;
}

std::optional<Response> RateLimits::take_of_network(const Request& request, const Route& route,
                                                    Time now) {
  const auto& limit = this->limit(route.quota, Whose::kNetwork);
  if (limit.rate.tokens == 0 || !request.client.counts() || is_probe(route)) return std::nullopt;
  return take({route.quota, Whose::kNetwork, request.client.bytes()}, limit, now);
}

std::optional<Response> RateLimits::take_of_account(const Request& request, const Route& route,
                                                    Time now) {
  const auto& limit = this->limit(route.quota, Whose::kAccount);
  const auto& principal = *request.principal;
  if (limit.rate.tokens == 0 || !principal.is_limited || !request.client.counts()) {
    return std::nullopt;
  }
  return take({route.quota, Whose::kAccount, principal.id.bytes}, limit, now);
}

void RateLimits::inform(const Request& request, const Route& route, Response& response) const {
  if (!request.client.counts() || response.status == 429) return;
  const auto& principal = request.principal;
  const bool has_account = principal && principal->is_limited;
  if (!has_account && route.quota == Quota::kReads) return;
  // Not the time at which the tokens were taken: other nodes' takes may have been learned since.
  const auto now = TokenBuckets::Clock::now();
  const Limit* tightest = nullptr;
  TokenBuckets::State least;
  const auto look = [&](Whose whose, std::span<const std::uint8_t, 16> of) {
    const auto& limit = this->limit(route.quota, whose);
    if (limit.rate.tokens == 0) return;
    const auto state = buckets_.look(Key(route.quota, whose, of).text(), limit.rate, now);
    if (tightest != nullptr && least.left <= state.left) return;
    tightest = &limit;
    least = state;
  };
  if (has_account) look(Whose::kAccount, principal->id.bytes);
  look(Whose::kNetwork, request.client.bytes());
  if (tightest != nullptr) add_fields(response, tightest->policy, tightest->name, least);
}

}  // namespace souk::admission
