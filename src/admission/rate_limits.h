// How often a client may ask: a token bucket per quota and client network, and one per quota and
// account, told of in the RateLimit fields (draft-ietf-httpapi-ratelimit-headers-10). Clients
// without a network (loopback, trusted ones) and principals without limits are exempt.
//
// Threading: one per worker, loop thread only; the buckets are the node's. Ownership: borrows its
// arguments, which outlive it; close() before it is destroyed.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "admission/metrics.h"
#include "admission/shared_counts.h"
#include "admission/token_buckets.h"
#include "http/handler.h"

namespace souk::admission {

// Requests a minute, for a network and for an account; 0: any number. A network may be an office or
// the customers of a mobile provider.
struct QuotaLimits {
  unsigned of_network = 0;
  unsigned of_account = 0;
};

struct RateLimitsConfig {
  QuotaLimits reads{12'000, 6'000};
  QuotaLimits changes{1'200, 600};
  QuotaLimits sign_in{300, 0};
  QuotaLimits registration{120, 0};
  QuotaLimits admin{6'000, 6'000};

  const QuotaLimits& of(http::Quota quota) const;
};

class RateLimits {
 public:
  RateLimits(runtime::Loop& loop, redis::Client* redis, const redis::SharedSecret& secret,
             TokenBuckets& buckets, const RateLimitsConfig& config, telemetry::Registry& registry);

  // Takes a token of the client's network. The answer when there is none.
  std::optional<http::Response> take_of_network(const http::Request& request,
                                                const http::Route& route, TokenBuckets::Time now);
  // Takes a token of the account. REQUIRES: a principal.
  std::optional<http::Response> take_of_account(const http::Request& request,
                                                const http::Route& route, TokenBuckets::Time now);
  // The fields on the response to a request that took tokens, of the bucket with the fewest left.
  // Not on public reads: shared caches would keep them.
  void inform(const http::Request& request, const http::Route& route,
              http::Response& response) const;

  runtime::Task<void> close() { return shared_.close(); }

 private:
  // What a bucket is of.
  enum class Whose : std::uint8_t { kNetwork, kAccount };
  struct Limit {
    Rate rate;
    std::string policy;  // the RateLimit-Policy field
    std::string name;    // the policy's, quoted
    telemetry::Counter& refused;
  };
  class Key;

  Limit limit_of(http::Quota quota, Whose whose, unsigned tokens, telemetry::Registry& registry);
  const Limit& limit(http::Quota quota, Whose whose) const;
  std::optional<http::Response> take(const Key& key, const Limit& limit, TokenBuckets::Time now);

  TokenBuckets& buckets_;
  SharedCounts shared_;
  telemetry::Counter& evicted_;
  std::vector<Limit> limits_;  // by quota and whose
};

}  // namespace souk::admission
