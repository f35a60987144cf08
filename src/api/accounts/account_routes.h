// /api/users, /api/users/me with its addresses, and /api/sessions.
// Threading: one per worker. Ownership: borrows its arguments, which outlive it.
#pragma once

#include "accounts/accounts.h"
#include "accounts/requests.h"
#include "api/accounts/queries.h"
#include "api/accounts/types.h"
#include "api/operation/routes.h"
#include "orders/orders.h"

namespace souk::api {

class AccountRoutes {
 public:
  AccountRoutes(accounts::Accounts& accounts, accounts::Requests& requests, orders::Orders& orders)
      : accounts_(accounts), requests_(requests), orders_(orders) {}

  void add_to(Routes& routes);
  static void list_operations(std::vector<const Operation*>& operations);

 private:
  // Calls `add` with each operation and its handler.
  static void each(auto add);

  Answer register_user(runtime::Context& context, const http::Request& request,
                       accounts::Registration registration);
  Answer list_users(runtime::Context& context, const http::Request& request, UserListing listing);
  Answer get_user(runtime::Context& context, const http::Request& request);
  Answer get_me(runtime::Context& context, const http::Request& request);
  Answer change_me(runtime::Context& context, const http::Request& request,
                   accounts::ProfilePatch patch);
  Answer list_addresses(runtime::Context& context, const http::Request& request);
  Answer add_address(runtime::Context& context, const http::Request& request,
                     accounts::AddressDraft draft);
  Answer get_address(runtime::Context& context, const http::Request& request);
  Answer replace_address(runtime::Context& context, const http::Request& request,
                         AddressReplacement address);
  Answer remove_address(runtime::Context& context, const http::Request& request);
  Answer change_password(runtime::Context& context, const http::Request& request,
                         accounts::PasswordChange change);
  Answer forgot_password(runtime::Context& context, const http::Request& request,
                         accounts::EmailAddress address);
  Answer reset_password(runtime::Context& context, const http::Request& request,
                        accounts::NewPassword replacement);
  Answer confirm_email(runtime::Context& context, const http::Request& request,
                       accounts::Confirmation confirmation);
  Answer verify_email(runtime::Context& context, const http::Request& request);
  Answer change_email(runtime::Context& context, const http::Request& request,
                      accounts::EmailChange change);
  Answer erase(runtime::Context& context, const http::Request& request,
               accounts::AccountDeletion deletion);
  Answer export_all(runtime::Context& context, const http::Request& request);
  Answer list_sessions(runtime::Context& context, const http::Request& request);
  Answer end_session(runtime::Context& context, const http::Request& request);
  Answer end_sessions(runtime::Context& context, const http::Request& request);
  Answer sign_in(runtime::Context& context, const http::Request& request,
                 accounts::Credentials credentials);
  Answer sign_out(runtime::Context& context, const http::Request& request);

  accounts::Accounts& accounts_;
  accounts::Requests& requests_;
  orders::Orders& orders_;
};

}  // namespace souk::api
