// The dashboard: its page, the sign-in of administrators, what it shows and its live updates.
//
// A session is a cookie that scripts cannot read and that no page of another origin can send
// (HttpOnly, SameSite=Strict); what changes something must also say that it comes from this origin
// (Fetch Metadata, or Origin). While the database is away, whoever was signed in stays so for a
// while: then the dashboard is needed most.
//
// Threading: one per worker, loop thread only. Ownership: borrows all it is made from, which
// outlives it; close() before it is destroyed.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>

#include "accounts/accounts.h"
#include "http/router.h"
#include "observe/history/history.h"
#include "runtime/offload.h"
#include "site/assets.h"
#include "site/live.h"
#include "site/metrics.h"
#include "telemetry/traces.h"

namespace souk::site {

// What the workers of a node share.
struct DashboardSource {
  const observe::History& history;
  Live& live;
  runtime::Offload& rendering;  // a week takes milliseconds
  telemetry::Registry& registry;
  const telemetry::Traces& traces;
};

class Dashboard {
 public:
  static constexpr std::string_view kCookie = "souk_dashboard";
  static constexpr std::chrono::hours kSignedIn{12};
  static constexpr std::chrono::minutes kTrusted{30};
  static constexpr std::size_t kMaxTrusted = 64;
  static constexpr std::size_t kMaxBodyBytes = 2'048;
  static constexpr std::size_t kMaxTraces = 50;  // listed

  Dashboard(runtime::Loop& loop, accounts::Accounts& accounts, DashboardSource source);

  // On the operator's address; `everywhere`: on the shop's, too.
  void add_routes(http::Routers& routers, bool everywhere);
  // Ends the live updates.
  void close() { source_.live.close(mailbox_); }

 private:
  using Answer = runtime::Task<http::Response>;
  using Steady = std::chrono::steady_clock;

  void add(http::Router& router, http::ServedOn where);
  static Answer file(const Asset& asset);
  Answer sign_in(runtime::Context& context, const http::Request& request);
  Answer take_token(runtime::Context& context, const http::Request& request, std::string token);
  Answer sign_out(runtime::Context& context, const http::Request& request);
  Answer panels(runtime::Context& context, const http::Request& request);
  Answer points(runtime::Context& context, const http::Request& request);
  Answer state(runtime::Context& context, const http::Request& request);
  Answer traces(runtime::Context& context, const http::Request& request);
  Answer trace(runtime::Context& context, const http::Request& request);
  Answer live(runtime::Context& context, const http::Request& request);

  // The answer to whoever is not an administrator. The token must outlive the task.
  runtime::Task<std::optional<http::Response>> refuse(runtime::Context& context,
                                                      const http::Request& request);
  runtime::Task<std::optional<http::Response>> refuse(runtime::Context& context,
                                                      std::string_view token);
  void trust(const accounts::TokenHash& token);
  bool is_trusted(const accounts::TokenHash& token) const;

  runtime::Loop& loop_;
  accounts::Accounts& accounts_;
  const DashboardSource source_;
  const std::shared_ptr<Live::Mailbox> mailbox_;
  std::map<accounts::TokenHash, Steady::time_point> trusted_;  // until when
  telemetry::Counter& admitted_;
  telemetry::Counter& refused_;
  telemetry::Counter& no_admin_;
  telemetry::Counter& foreign_;
  telemetry::Counter& trusted_count_;
};

}  // namespace souk::site
