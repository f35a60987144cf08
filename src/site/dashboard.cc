#include "site/dashboard.h"

#include <fmt/format.h>

#include <variant>

#include "base/json_reader.h"
#include "http/header_policy.h"
#include "http/problem.h"
#include "http/syntax.h"
#include "observe/traces/trace_json.h"

namespace souk::site {

using http::Request;
using http::Response;
using runtime::Context;
using runtime::Task;

namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kEvents = "text/event-stream";

const http::PreparedHeaders& caching_of_pages() {
  static const auto fields = http::fields_of_page(
      {.content_security = "default-src 'none'; script-src 'self'; style-src 'self'; "
                           "img-src 'self'; connect-src 'self'; base-uri 'none'; "
                           "form-action 'self'; frame-ancestors 'none'",
       .referrer = "no-referrer"},
      "no-cache");
  return fields;
}

const http::PreparedHeaders& never_stored() {
  static const http::PreparedHeaders fields{{"Cache-Control", "no-store"}};
  return fields;
}

Response never_store(Response response) {
  response.caching = &never_stored();
  return response;
}

// The cookie of whoever came with a token, which commands use too: signing out does not end it.
constexpr std::string_view kKept = "kept.";

std::string_view cookie_of(const Request& request) {
  std::string_view left = request.headers.find("Cookie").value_or("");
  while (!left.empty()) {
    const auto end = std::min(left.find(';'), left.size());
    auto pair = http::syntax::trim(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
    if (!pair.starts_with(Dashboard::kCookie)) continue;
    pair.remove_prefix(Dashboard::kCookie.size());
    if (pair.starts_with('=')) return pair.substr(1);
  }
  return {};
}

std::string cookie(const Request& request, std::string_view token, std::chrono::seconds lasting) {
  return fmt::format("{}={}; Path=/dashboard; Max-Age={}; HttpOnly; SameSite=Strict{}",
                     Dashboard::kCookie, token, lasting.count(),
                     request.peer.secure ? "; Secure" : "");
}

// Browsers send Origin with every POST and DELETE, and let no script set it.
bool is_from_here(const Request& request) {
  if (const auto site = request.headers.find("Sec-Fetch-Site"); site && site != "same-origin") {
    return false;
  }
  const auto origin = request.headers.find("Origin").value_or("");
  const auto host = origin.find("://");
  return host != origin.npos && origin.substr(host + 3) == request.authority;
}

// Nothing for any other body.
std::optional<std::variant<accounts::Credentials, std::string>> read_sign_in(
    std::string_view body) {
  try {
    const JsonReader json(body);
    const auto member = [&json](std::string_view name) {
      return std::string(json.root()[name].text());
    };
    if (json.root().size() == 1) return member("token");
    if (json.root().size() != 2) return std::nullopt;
    return accounts::Credentials{.email = member("email"), .password = member("password")};
  } catch (const BadJson&) {
    return std::nullopt;
  }
}

Response foreign() {
  return http::problem(ErrorCode::kForbidden, "only the dashboard's own page may do this");
}

Response refusal(const accounts::Refusal& refused) {
  auto response = http::problem(refused.error);
  if (response.status == 429 || response.status == 503) {
    response.headers.add("Retry-After", fmt::to_string(refused.retry_after.count()));
  }
  return response;
}

}  // namespace

Dashboard::Dashboard(runtime::Loop& loop, accounts::Accounts& accounts, DashboardSource source)
    : loop_(loop),
      accounts_(accounts),
      source_(source),
      mailbox_(source.live.open(loop)),
      admitted_(source.registry.cell(kMetrics.sign_ins, {"admitted"})),
      refused_(source.registry.cell(kMetrics.sign_ins, {"refused"})),
      no_admin_(source.registry.cell(kMetrics.sign_ins, {"no_admin"})),
      foreign_(source.registry.cell(kMetrics.sign_ins, {"foreign"})),
      trusted_count_(source.registry.cell(kMetrics.trusted)) {}

void Dashboard::add_routes(http::Routers& routers, bool everywhere) {
  add(routers.operators, http::ServedOn::kOperator);
  if (everywhere) add(routers.shop, http::ServedOn::kShop);
}

void Dashboard::add(http::Router& router, http::ServedOn where) {
  // On the shop's address the rules for clients apply: redirection to TLS, admission.
  const bool of_operators = where == http::ServedOn::kOperator;
  const auto priority = of_operators ? http::Priority::kOperator : http::Priority::kAccount;
  const auto serve = [&](http::Method method, std::string path, std::string name,
                         Answer (Dashboard::*answer)(Context&, const Request&),
                         http::Route route = {}) {
    route.method = method;
    route.path = std::move(path);
    route.name = std::move(name);
    route.handler = [this, answer](Context& context, const Request& request) {
      return (this->*answer)(context, request);
    };
    route.priority = priority;
    route.served_on = where;
    router.add(std::move(route));
  };
  using enum http::Method;
  for (const auto& asset : dashboard_assets()) {
    router.add({.path = std::string(asset.path),
                .handler = [&asset](Context&, const Request&) { return file(asset); },
                .name = "getDashboardFile",
                .priority = priority,
                .served_on = where});
  }
  serve(kPost, "/dashboard/session", "signInToDashboard", &Dashboard::sign_in,
        {.quota = http::Quota::kSignIn,
         .statement_budget = 3,
         .takes = http::Takes::kBody,
         .max_body_bytes = kMaxBodyBytes,
         .holds_secrets = true});
  serve(kDelete, "/dashboard/session", "signOutOfDashboard", &Dashboard::sign_out,
        {.statement_budget = 1});
  serve(kGet, "/dashboard/panels", "getDashboardPanels", &Dashboard::panels,
        {.statement_budget = 1});
  serve(kGet, "/dashboard/points", "getDashboardPoints", &Dashboard::points,
        {.statement_budget = 1, .query = {"range"}});
  serve(kGet, "/dashboard/state", "getDashboardState", &Dashboard::state, {.statement_budget = 1});
  serve(kGet, "/dashboard/traces", "listDashboardTraces", &Dashboard::traces,
        {.statement_budget = 1});
  serve(kGet, "/dashboard/traces/{id}", "getDashboardTrace", &Dashboard::trace,
        {.statement_budget = 1});
  serve(kGet, "/dashboard/live", "getDashboardUpdates", &Dashboard::live,
        {.statement_budget = 1, .holds_secrets = true});
}

Dashboard::Answer Dashboard::file(const Asset& asset) {
  Response response{.content_type = asset.content_type,
                    .etag = std::string(asset.etag),
                    .caching = &caching_of_pages()};
  response.body = http::Body(std::shared_ptr<const void>(), asset.bytes);  // static
  co_return response;
}

Dashboard::Answer Dashboard::sign_in(Context& context, const Request& request) {
  if (!is_from_here(request)) {
    foreign_.increment();
    co_return foreign();
  }
  auto input = read_sign_in(request.body);
  if (!input) {
    co_return http::problem(ErrorCode::kInvalidRequest,
                            "the body must be an object with email and password, or with a token");
  }
  if (auto* token = std::get_if<std::string>(&*input)) {
    co_return co_await take_token(context, request, std::move(*token));
  }
  auto& credentials = std::get<accounts::Credentials>(*input);
  const auto session = co_await accounts_.sign_in(context, std::move(credentials), request.client);
  if (!session) {
    refused_.increment();
    co_return refusal(session.error());
  }
  if (!session->user.is_admin) {
    no_admin_.increment();
    co_await accounts_.sign_out(context, session->token);
    co_return http::problem(ErrorCode::kForbidden, "only administrators see the dashboard");
  }
  admitted_.increment();
  if (const auto hash = accounts::hash_token(session->token)) trust(*hash);
  auto response = http::no_content();
  response.headers.add("Set-Cookie", cookie(request, session->token, kSignedIn));
  co_return response;
}

Dashboard::Answer Dashboard::take_token(Context& context, const Request& request,
                                        std::string token) {
  if (auto refused = co_await refuse(context, token)) {
    (refused->status == 403 ? no_admin_ : refused_).increment();
    co_return *std::move(refused);
  }
  admitted_.increment();
  auto response = http::no_content();
  response.headers.add("Set-Cookie", cookie(request, fmt::format("{}{}", kKept, token), kSignedIn));
  co_return response;
}

Dashboard::Answer Dashboard::sign_out(Context& context, const Request& request) {
  if (!is_from_here(request)) co_return foreign();
  const auto token = cookie_of(request);
  if (const auto hash = accounts::hash_token(token)) trusted_.erase(*hash);
  if (!token.starts_with(kKept)) co_await accounts_.sign_out(context, token);
  auto response = http::no_content();
  response.headers.add("Set-Cookie", cookie(request, "", std::chrono::seconds(0)));
  co_return response;
}

Task<std::optional<Response>> Dashboard::refuse(Context& context, const Request& request) {
  auto token = cookie_of(request);
  if (token.starts_with(kKept)) token.remove_prefix(kKept.size());
  return refuse(context, token);
}

Task<std::optional<Response>> Dashboard::refuse(Context& context, std::string_view token) {
  const auto hash = accounts::hash_token(token);
  if (!hash) {
    co_return never_store(http::problem(ErrorCode::kUnauthenticated, "sign in to the dashboard"));
  }
  try {
    const auto principal = co_await accounts_.authenticate(context, token);
    if (!principal) {
      trusted_.erase(*hash);
      co_return never_store(http::problem(principal.error()));
    }
    if (!principal->is_admin) {
      co_return never_store(
          http::problem(ErrorCode::kForbidden, "only administrators see the dashboard"));
    }
    trust(*hash);
  } catch (const Unavailable&) {
    if (!is_trusted(*hash)) throw;
    trusted_count_.increment();
  }
  co_return std::nullopt;
}

void Dashboard::trust(const accounts::TokenHash& token) {
  const auto now = Steady::now();
  if (trusted_.size() >= kMaxTrusted) {
    std::erase_if(trusted_, [now](const auto& entry) { return entry.second < now; });
    if (trusted_.size() >= kMaxTrusted) return;
  }
  trusted_[token] = now + kTrusted;
}

bool Dashboard::is_trusted(const accounts::TokenHash& token) const {
  const auto found = trusted_.find(token);
  return found != trusted_.end() && found->second >= Steady::now();
}

Dashboard::Answer Dashboard::panels(Context& context, const Request& request) {
  if (auto refused = co_await refuse(context, request)) co_return *std::move(refused);
  Response response{.content_type = kJson};
  response.body = http::Body(source_.history.definition());
  co_return never_store(std::move(response));
}

Dashboard::Answer Dashboard::points(Context& context, const Request& request) {
  if (auto refused = co_await refuse(context, request)) co_return *std::move(refused);
  const auto* const range =
      observe::find_range(request.query_parameters.find("range").value_or("5m"));
  if (range == nullptr) {
    co_return never_store(http::problem(
        Error{ErrorCode::kInvalidRequest, "there is no such range", {{"range", "is not known"}}}));
  }
  auto text = co_await source_.rendering.run(
      loop_, [&history = source_.history, range] { return history.points(*range); });
  if (!text) co_return never_store(http::problem(text.error()));
  Response response{.content_type = kJson};
  response.body = http::Body(*std::move(text));
  co_return never_store(std::move(response));
}

Dashboard::Answer Dashboard::state(Context& context, const Request& request) {
  if (auto refused = co_await refuse(context, request)) co_return *std::move(refused);
  Response response{.content_type = kJson};
  response.body = http::Body(source_.history.state());
  co_return never_store(std::move(response));
}

Dashboard::Answer Dashboard::traces(Context& context, const Request& request) {
  if (auto refused = co_await refuse(context, request)) co_return *std::move(refused);
  auto latest = source_.traces.latest();
  if (latest.size() > kMaxTraces) latest.resize(kMaxTraces);
  Response response{.content_type = kJson};
  response.body = http::Body(observe::traces_json(latest, /*with_spans=*/false));
  co_return never_store(std::move(response));
}

Dashboard::Answer Dashboard::trace(Context& context, const Request& request) {
  if (auto refused = co_await refuse(context, request)) co_return *std::move(refused);
  const auto found = source_.traces.find(request.parameters["id"]);
  if (found.empty()) {
    co_return never_store(
        http::problem(ErrorCode::kNotFound, "this node does not keep the trace any more"));
  }
  Response response{.content_type = kJson};
  response.body = http::Body(observe::traces_json(found, /*with_spans=*/true));
  co_return never_store(std::move(response));
}

Dashboard::Answer Dashboard::live(Context& context, const Request& request) {
  if (auto refused = co_await refuse(context, request)) co_return *std::move(refused);
  auto stream = source_.live.stream(mailbox_);
  if (!stream) {
    co_return never_store(
        http::problem(ErrorCode::kOverloaded, "too many dashboards have live updates"));
  }
  co_return never_store(http::stream(200, kEvents, std::move(stream)));
}

}  // namespace souk::site
