// /api/users, /api/users/me with its addresses, and /api/sessions.
// Threading: one per worker. Ownership: borrows what it is made from, which outlives it.
#pragma once

#include "accounts/accounts.h"
#include "api/operation.h"

namespace souk::api {

class JsonInput;

class AccountRoutes {
 public:
  AccountRoutes(accounts::Accounts& accounts, JsonInput& json) : accounts_(accounts), json_(json) {}

  void add_to(http::Routers& routers);

 private:
  Answer register_user(runtime::Context& context, const http::Request& request);
  Answer get_me(runtime::Context& context, const http::Request& request);
  Answer change_me(runtime::Context& context, const http::Request& request);
  Answer list_addresses(runtime::Context& context, const http::Request& request);
  Answer add_address(runtime::Context& context, const http::Request& request);
  Answer get_address(runtime::Context& context, const http::Request& request);
  Answer replace_address(runtime::Context& context, const http::Request& request);
  Answer remove_address(runtime::Context& context, const http::Request& request);
  Answer sign_in(runtime::Context& context, const http::Request& request);
  Answer sign_out(runtime::Context& context, const http::Request& request);

  accounts::Accounts& accounts_;
  JsonInput& json_;
};

}  // namespace souk::api
