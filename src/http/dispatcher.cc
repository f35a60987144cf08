#include "http/dispatcher.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/failures.h"
#include "base/parse.h"
#include "http/conditional.h"
#include "http/error_codes.h"
#include "http/problem.h"
#include "http/syntax.h"

namespace souk::http {
namespace {

using Outcome = Match::Outcome;
using Steady = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

Response answer_without_route(const Exchange& exchange) {
  if (exchange.request.method == Method::kOther) {
    return problem(501, errors::kMethodNotAllowed, "this server does not know the method");
  }
  Response response;
  switch (exchange.match.outcome) {
    case Outcome::kOptions:
      response = no_content();
      break;
    case Outcome::kMethodNotAllowed:
      response = problem(errors::kMethodNotAllowed,
                         "the path does not have this method; Allow lists those it has");
      break;
    case Outcome::kBadPath:
      return problem(ErrorCode::kInvalidRequest, "the path is not percent-encoded UTF-8");
    case Outcome::kFound:
    case Outcome::kNotFound:
      return problem(ErrorCode::kNotFound, "there is nothing at this path");
  }
  response.headers.add("Allow", exchange.match.allow);
  return response;
}

// The largest body accepted by routes that take none; enough for an empty object.
constexpr std::size_t kMaxUnusedBodyBytes = 1'024;

// An empty object is treated as no body: many clients cannot send none.
bool says_nothing(std::string_view body) {
  if (body.empty()) return true;
  std::string text(body);
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
  return text.empty() || text == "{}";
}

// Parses the query and refuses unknown parameters and unexpected bodies. REQUIRES: the body has
// arrived.
Result<> read_input(const Route& route, Request& request) {
  auto parameters = QueryParameters::parse(request.query);
  if (!parameters) return std::unexpected(parameters.error());
  if (auto known = parameters->require_known(route.query); !known) return known;
  request.query_parameters = *std::move(parameters);
  if (route.takes == Takes::kNothing && !says_nothing(request.body)) {
    return fail(ErrorCode::kInvalidRequest, "this operation takes no body; nothing was done",
                {{"", "must be absent"}});
  }
  if (!route.conditional && asks_for_an_etag(request)) {
    return fail(ErrorCode::kPreconditionFailed, "this has no entity tag that could match");
  }
  return {};
}

// Prepares the decoding of a coded body (RFC 9110 section 8.4), or refuses the coding (RFC 7694).
// Several codings in a row are refused too: nobody sends them, and each would multiply the work
// that a small body causes.
std::optional<Response> decode_body(Exchange& exchange) {
  auto& body = exchange.body;
  if (body.length() == 0) return std::nullopt;
  std::optional<ContentCoding> coding = ContentCoding::kIdentity;
  for (const auto& [name, value] : exchange.request.headers) {
    if (!equals_ignoring_case(name, "Content-Encoding")) continue;
    syntax::for_each_element(value, [&coding](std::string_view member) {
      if (member.empty() || equals_ignoring_case(member, "identity")) return;
      coding = coding == ContentCoding::kIdentity ? parse_coding(member) : std::nullopt;
    });
  }
  if (!coding) {
    auto response = problem(errors::kUnsupportedMediaType,
                            "send the body plain, or in one of the codings of Accept-Encoding");
    response.headers.add("Accept-Encoding", "gzip, br, zstd");
    return response;
  }
  if (coding != ContentCoding::kIdentity) body.decode_by(Decoder::make(*coding));
  return std::nullopt;
}

constexpr std::string_view kRequestTimeout = "request-timeout";

// Shortens the deadline to what the client is ready to wait. In seconds with at most three
// decimals, a Decimal of RFC 9651, counted from the arrival of the request.
Result<> take_client_deadline(Exchange& exchange) {
  const auto field = exchange.request.headers.find(kRequestTimeout);
  if (!field) return {};
  const bool is_number = field->find_first_not_of("0123456789.") == field->npos;
  const auto seconds = is_number ? parse_decimal(*field) : std::nullopt;
  if (!seconds) {
    return fail(ErrorCode::kInvalidRequest,
                "Request-Timeout must be a number of seconds such as 2 or 0.25");
  }
  auto& deadline = exchange.context.deadline;
  const auto arrived = exchange.begun - exchange.waited;
  const std::chrono::duration<double> allowed = deadline - arrived;
  if (*seconds < allowed.count()) {
    deadline = arrived + std::chrono::duration_cast<Steady::duration>(
                             std::chrono::duration<double>(*seconds));
  }
  return {};
}

Response refusal(const Refusal& refused) {
  return problem(refused.status, code_of_refusal(refused.status), refused.detail);
}

constexpr std::uint16_t kHttpsPort = 443;
constexpr int kServerErrors = 500;  // and above

// A status for metrics only, as in nginx: no response can be sent.
constexpr int kClientHasGone = 499;

runtime::Task<Response> answer(Response response) { co_return response; }

// Excludes the arrival of the head and the wait behind a pipelined request.
Steady::duration elapsed_of(const Exchange& exchange, Steady::time_point now) {
  return now - exchange.begun + exchange.waited;
}

constexpr std::string_view kAuthorization = "Authorization";

// Whether there is that field, or one of the same size and beginning: to learn it nothing is
// called.
[[gnu::always_inline]] inline bool may_have_credentials(const Headers& headers) {
  for (const auto& field : headers) {
    if (field.name.size() == kAuthorization.size() && (field.name.front() | 0x20) == 'a') {
      return true;
    }
  }
  return false;
}

// Of every response over TLS; `hsts` and `alt_svc` must outlive it.
std::vector<HeaderField> secure_fields(const ServerConfig& config, std::string_view hsts,
                                       std::string_view alt_svc) {
  auto fields = common_fields(config.policy);
  if (config.hsts.count() != 0) fields.push_back({"Strict-Transport-Security", hsts});
  if (config.http3_port != 0) fields.push_back({"Alt-Svc", alt_svc});
  return fields;
}

}  // namespace

Dispatcher::Dispatcher(const ServerConfig& config, Router router, Hooks& hooks,
                       Environment environment)
    : config_(config),
      clients_(config),
      router_(std::move(router)),
      hooks_(hooks),
      clock_(environment.clock),
      log_(environment.log),
      proxy_warnings_(environment.proxy_warnings),
      gate_(environment.gate),
      traces_(environment.traces),
      records_(traces_ != nullptr && traces_->records()),
      samples_(records_ && traces_->config().exports()),
      observer_(environment.observer),
      ids_(environment.clock, environment.random),
      metrics_(environment.registry, router_),
      request_log_(config, environment.log, environment.registry),
      // RFC 7838: HTTP/3 on the same host, for a day.
      secure_common_(config,
                     secure_fields(config, fmt::format("max-age={}", config.hsts.count()),
                                   fmt::format("h3=\":{}\"; ma=86400", config.http3_port))) {}

std::size_t Dispatcher::max_body_bytes(const Route& route) const {
  if (route.takes == Takes::kNothing) return kMaxUnusedBodyBytes;
  return route.max_body_bytes.value_or(config_.max_body_bytes);
}

runtime::Task<void> Dispatcher::respond(Exchange& exchange) {
  begin(exchange);
  const auto& match = exchange.match;
  auto& response = exchange.response;
  if (auto refused = refuse(exchange)) co_return answer_refused(exchange, *std::move(refused));
  metrics_.in_flight.add(1);
  bool refused_by_queue = false;
  try {
    response = must_redirect(exchange)  ? redirect_to_https(exchange.request)
               : match.route == nullptr ? answer_without_route(exchange)
                                        : co_await call_route(exchange);
  } catch (const Overloaded&) {
    refused_by_queue = true;
    response = hooks_.on_exception(exchange.request, std::current_exception());
  } catch (...) {
    response = exchange.context.cancelled
                   ? Response{.status = kClientHasGone}
                   : hooks_.on_exception(exchange.request, std::current_exception());
  }
  exchange.spans.end_handler();
  metrics_.in_flight.add(-1);
  if (exchange.context.not_cached) {
    co_return answer_refused(exchange, gate_->refuse_uncached(*match.route));
  }
  if (gate_ != nullptr && match.route != nullptr) {
    gate_->inform(exchange.request, *match.route, response);
  }
  set_caching(match, response);
  if (match.route != nullptr) coder_.code(exchange.request, *match.route, response);
  apply_conditional(exchange.request, response);
  set_common_fields(exchange);
  if (refused_by_queue) {
    metrics_.count(exchange.request.method, match, response.status);
    request_log_.refused(exchange, response.status);
  } else {
    record(exchange, response.status);
  }
}

// Counted, not measured: fast refusals would improve the percentiles of what is served.
void Dispatcher::answer_refused(Exchange& exchange, Response refused) {
  exchange.response = std::move(refused);
  auto& response = exchange.response;
  if (response.caching == nullptr) response.caching = &never_store_;
  set_common_fields(exchange);
  metrics_.count(exchange.request.method, exchange.match, response.status);
  request_log_.refused(exchange, response.status);
}

[[gnu::always_inline]] inline void Dispatcher::start_trace(Exchange& exchange) {
  auto& ids = exchange.request.ids;
  // Probes fail every second while the database is away: they would fill the ring.
  const auto* const route = exchange.match.route;
  const bool records = records_ && (route == nullptr || route->priority != Priority::kOperator);
  const bool joined = ids.caller != SpanId{};
  if (!joined && !samples_) [[likely]]
    return exchange.spans.start(ids.trace, records, false);
  if (records) ids.trace.set_sampled(samples_ && traces_->samples(ids.trace, joined));
  auto passed_on = ids.trace;
  if (joined && !records) passed_on.span_id = ids.caller;  // nobody will know its own
  exchange.spans.start(passed_on, records, joined);
}

void Dispatcher::begin(Exchange& exchange) {
  auto& request = exchange.request;
  auto& context = exchange.context;
  exchange.match = router_.match(request.method, request.path, request.parameters);
  request.ids = ids_.next(request.headers.find("traceparent").value_or(std::string_view()));
  request.principal.reset();
  request.arriving = nullptr;
  identify_client(request);
  context.cancelled = context.cached_only = context.not_cached = false;
  context.deadline = exchange.begun - exchange.waited + config_.request_deadline;
  context.statements = 0;
  context.database_time = {};
  start_trace(exchange);
  context.spans = &exchange.spans;
}

// Probes of load balancers follow no redirect.
bool Dispatcher::must_redirect(const Exchange& exchange) const {
  const auto* const route = exchange.match.route;
  return config_.redirect_port != 0 && !exchange.request.peer.secure &&
         (route == nullptr || route->priority != Priority::kOperator);
}

// To the same host: the Host field is the client's own.
Response Dispatcher::redirect_to_https(const Request& request) const {
  const auto host = request.authority.substr(0, request.authority.find_last_of(':'));
  const bool bracketed = request.authority.ends_with(']');  // IPv6 without a port
  if (request.authority.empty() || !request.target.starts_with('/')) {
    return problem(ErrorCode::kInvalidRequest, "use https://");
  }
  Response response{.status = 308};
  response.headers.add(
      "Location",
      fmt::format(
          "https://{}{}{}", bracketed ? request.authority : host,
          config_.redirect_port == kHttpsPort ? "" : fmt::format(":{}", config_.redirect_port),
          request.target));
  return response;
}

// The answer to a request for which nothing is done.
std::optional<Response> Dispatcher::refuse(Exchange& exchange) const {
  if (config_.client_deadlines) {
    if (const auto taken = take_client_deadline(exchange); !taken) return problem(taken.error());
  }
  if (exchange.context.deadline <= exchange.begun) {
    return problem(ErrorCode::kDeadlineExceeded, "the deadline passed; nothing was done");
  }
  if (gate_ == nullptr || exchange.match.route == nullptr) return std::nullopt;
  return gate_->refuse(exchange.context, exchange.request, *exchange.match.route, exchange.waited,
                       exchange.begun);
}

// Sets Cache-Control: no-store for private routes and answers to writes; for other responses
// no-cache (revalidate each time) unless the handler chose.
void Dispatcher::set_caching(const Match& match, Response& response) const {
  const bool shared = match.route != nullptr && match.route->access == Access::kEverybody &&
                      match.route->method == Method::kGet;
  if (!shared) {
    response.caching = &never_store_;
  } else if (response.caching == nullptr) {
    response.caching = &revalidate_;
  }
}

void Dispatcher::set_common_fields(Exchange& exchange) const {
  const auto& headers = exchange.request.headers;
  const auto& [fields, cors] = exchange.request.peer.secure ? secure_common_ : common_;
  auto& response = exchange.response;
  response.common = &fields;
  if (!cors.is_on()) return;
  response.common = &cors.fields_for(headers);
  if (exchange.match.outcome == Outcome::kOptions) {
    cors.add_preflight(headers, exchange.match.allow, response.headers);
  }
}

void Dispatcher::identify_client(Request& request) {
  request.client = clients_.of_request(request.peer, request.headers);
  if (!request.peer.is_proxy) {
    if (ClientRules::names_client(request.headers)) warn_of_untrusted_proxy(request);
  } else if (!request.client.counts()) {
    metrics_.unnamed_clients.increment();
  }
}

// Behind a proxy missing from trusted_proxies all clients count as one, or, when the proxy is on
// this host, none is limited.
void Dispatcher::warn_of_untrusted_proxy(const Request& request) {
  const bool limited = request.client.counts();
  (limited ? metrics_.untrusted_limited : metrics_.untrusted_unlimited).increment();
  auto& warned = limited ? proxy_warnings_.of_limited : proxy_warnings_.of_unlimited;
  if (warned.test(std::memory_order_relaxed) || warned.test_and_set()) return;
  log_.warning("proxy_not_trusted",
               {{"peer", std::string_view(request.peer.address.text())},
                {"setting", "http.trusted_proxies"},
                {"reason", limited ? "the peer names clients and is not believed; if it is a "
                                     "proxy, limits hold its clients as one"
                                   : "the peer names clients and is not believed; if it is a "
                                     "proxy, no limit holds its clients"}});
}

runtime::Task<Response> Dispatcher::call_route(Exchange& exchange) {
  const Route& route = *exchange.match.route;
  auto& body = exchange.body;
  const auto max_bytes = max_body_bytes(route);
  if (!body.fits(max_bytes)) return answer(refusal(kBodyTooLarge));
  if (auto refused = decode_body(exchange)) return answer(std::move(*refused));
  if (route.access != Access::kEverybody || route.takes == Takes::kPieces) {
    return admit_and_call(exchange, max_bytes);
  }
  body.want(max_bytes);
  if (!body.ended() || body.is_coded()) return admit_and_call(exchange, max_bytes);
  exchange.request.body = body.whole();
  if (auto taken = read_input(route, exchange.request); !taken) {
    return answer(problem(taken.error()));
  }
  exchange.spans.start_handler(exchange.begun);
  return route.handler(exchange.context, exchange.request);
}

runtime::Task<Response> Dispatcher::admit_and_call(Exchange& exchange, std::size_t max_bytes) {
  const Route& route = *exchange.match.route;
  if (route.access != Access::kEverybody) {
    auto refused = co_await hooks_.admit(exchange.context, exchange.request, route);
    if (!refused && gate_ != nullptr) {
      refused = gate_->refuse_principal(exchange.request, route, exchange.begun);
    }
    if (refused) co_return std::move(*refused);
  }
  exchange.body.want(max_bytes);
  if (route.takes == Takes::kPieces) {
    exchange.request.arriving = &exchange.body;
  } else if (const auto refused = co_await read_body(exchange)) {
    co_return refusal(*refused);
  }
  if (auto taken = read_input(route, exchange.request); !taken) co_return problem(taken.error());
  exchange.spans.start_handler(Steady::now());
  co_return co_await route.handler(exchange.context, exchange.request);
}

// The client determines how long this takes: neither the deadline nor the latency includes it.
runtime::Task<std::optional<Refusal>> Dispatcher::read_body(Exchange& exchange) const {
  if (!exchange.body.ended() || exchange.body.is_coded()) {
    const auto before = Steady::now();
    const auto body = co_await exchange.body.gather();
    if (!body) co_return body.error();
    const auto now = Steady::now();
    exchange.arrived += now - before;
    exchange.begun += now - before;
    exchange.context.deadline += now - before;
  }
  exchange.request.body = exchange.body.whole();
  co_return std::nullopt;
}

// Few registers and one decision: each answer from memory runs it.
void Dispatcher::record(Exchange& exchange, int status) {
  const auto now = Steady::now();
  metrics_.record(exchange.request.method, exchange.match, status, now - exchange.arrived);
  if (is_worth_telling(exchange, status, now)) return tell(exchange, status, now);
  exchange.spans.stop();
}

// Whether anything is done of what tell() does.
bool Dispatcher::is_worth_telling(const Exchange& exchange, int status,
                                  Steady::time_point now) const {
  const auto* const route = exchange.match.route;
  return status >= kServerErrors || !request_log_.is_silent(elapsed_of(exchange, now)) ||
         exchange.context.cancelled || exchange.request.ids.trace.is_sampled() ||
         (route != nullptr &&
          (exchange.context.statements > route->statement_budget ||
           (observer_ != nullptr && may_have_credentials(exchange.request.headers))));
}

void Dispatcher::tell(Exchange& exchange, int status, Steady::time_point now) {
  const auto& request = exchange.request;
  const auto& match = exchange.match;
  const auto& context = exchange.context;
  if (context.cancelled) metrics_.cancelled_requests.increment();
  if (observer_ != nullptr && match.route != nullptr && request.headers.find(kAuthorization)) {
    observer_->answered(request, *match.route, status, now - exchange.arrived, now);
  }
  const auto elapsed = elapsed_of(exchange, now);
  if (match.route != nullptr && context.statements > match.route->statement_budget) {
    metrics_.over_statement_budget(request.method, match);
    request_log_.over_statement_budget(exchange, status, elapsed);
  }
  request_log_.answered(exchange, status, elapsed);
  if (!exchange.spans.records()) return;
  const auto why =
      traces_->judge(request.ids.trace, status >= kServerErrors, elapsed > config_.slow_request);
  if (why) {
    keep_trace(exchange, status, *why, now);
  } else {
    exchange.spans.stop();
  }
}

void Dispatcher::keep_trace(Exchange& exchange, int status, telemetry::TraceKept why,
                            Steady::time_point now) {
  const auto& [request_id, context, caller] = exchange.request.ids;
  const auto origin = exchange.begun - exchange.waited;
  const auto left_out = exchange.spans.left_out();
  metrics_.exemplify(exchange.request.method, exchange.match,
                     {context.trace_id, Seconds(now - exchange.arrived).count(), clock_.now()});
  traces_->add(
      {.context = context,
       .parent = caller,
       .id = request_id,
       .failed = status >= kServerErrors,
       .kept = why,
       .status = status,
       .name = fmt::format("{} {}", method_name(exchange.request.method), route_of(exchange.match)),
       .begun = clock_.now() - std::chrono::ceil<std::chrono::microseconds>(now - origin),
       .origin = origin,
       .duration = now - origin,
       .spans = exchange.spans.take(now),
       .left_out = left_out});
}

}  // namespace souk::http
