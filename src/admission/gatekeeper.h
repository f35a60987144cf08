// The gate of a worker's server: sheds what cannot be served in time, and holds clients to their
// rates.
//
// Threading: one per worker, loop thread only. Ownership: borrows its arguments, which outlive it.
#pragma once

#include <array>
#include <cstddef>

#include "admission/controller.h"
#include "admission/rate_limits.h"
#include "http/gate.h"

namespace souk::admission {

class Gatekeeper final : public http::Gate {
 public:
  Gatekeeper(Controller& controller, RateLimits& limits);

  std::optional<http::Response> refuse(runtime::Context& context, const http::Request& request,
                                       const http::Route& route, Duration waited,
                                       Time now) override;
  http::Response refuse_uncached(const http::Route& route) override;
  std::optional<http::Response> refuse_principal(const http::Request& request,
                                                 const http::Route& route, Time now) override;
  void inform(const http::Request& request, const http::Route& route,
              http::Response& response) override;

 private:
  // Clients that were shed together should not return together.
  static constexpr std::size_t kRetrySpread = 3;

  http::Response shed();

  Controller& controller_;
  RateLimits& limits_;
  const http::Body::Shared body_;  // of what is shed
  std::array<http::PreparedHeaders, kRetrySpread> retry_;
  std::size_t next_retry_ = 0;
};

}  // namespace souk::admission
