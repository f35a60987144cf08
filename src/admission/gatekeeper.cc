#include "admission/gatekeeper.h"

#include "http/problem.h"

namespace souk::admission {
namespace {

using http::Request;
using http::Response;
using http::Route;

http::Body::Shared shed_body() {
  const auto response =
      http::problem(ErrorCode::kOverloaded, "the shop is overloaded; nothing was done, try again");
  return std::make_shared<const std::string>(response.body.bytes());
}

}  // namespace

Gatekeeper::Gatekeeper(Controller& controller, RateLimits& limits)
    : controller_(controller), limits_(limits), body_(shed_body()) {
  for (std::size_t i = 0; i < retry_.size(); ++i) {
    const auto after = std::to_string(i + 1);
    retry_.at(i) = {{"Cache-Control", "no-store"}, {"Retry-After", after}};
  }
}

Response Gatekeeper::shed() {
  const auto& retry = retry_.at(next_retry_++ % retry_.size());
  return {.status = ErrorCode(ErrorCode::kOverloaded).status(),
          .content_type = http::kProblemType,
          .caching = &retry,
          .body = http::Body(body_)};
}

// A request that is shed takes no token.
std::optional<Response> Gatekeeper::refuse(runtime::Context& context, const Request& request,
                                           const Route& route, Duration waited, Time now) {
  switch (controller_.judge(route, waited, now)) {
    case Verdict::kShed:
      return shed();
    case Verdict::kCachedOnly:
      context.cached_only = true;
      break;
    case Verdict::kServed:
      break;
  }
  return limits_.take_of_network(request, route, now);
}

Response Gatekeeper::refuse_uncached(const Route& route) {
  controller_.count_uncached(route);
  return shed();
}

std::optional<Response> Gatekeeper::refuse_principal(const Request& request, const Route& route,
                                                     Time now) {
  return limits_.take_of_account(request, route, now);
}

void Gatekeeper::inform(const Request& request, const Route& route, Response& response) {
  limits_.inform(request, route, response);
}

}  // namespace souk::admission
