#include "api/account_routes.h"

#include "api/bodies.h"
#include "api/parameters.h"
#include "api/wire.h"

namespace souk::api {

using http::Method;
using http::Priority;
using http::Request;
using http::Response;
using http::Takes;
using runtime::Context;

namespace {

constexpr std::size_t kMaxAccountBytes = 16 * 1024;
constexpr std::string_view kMePath = "/api/users/me";
constexpr std::string_view kAddressesPath = "/api/users/me/addresses";

UserId caller(const Request& request) { return {request.principal->id}; }

Response created(Buffer body, std::string_view location) {
  auto response = http::json(201, std::move(body));
  response.headers.add("Location", location);
  return response;
}

std::string location_of(const accounts::Address& address) {
  return std::string(kAddressesPath) + "/" + address.id.value.to_string();
}

}  // namespace

void AccountRoutes::add_to(http::Routers& routers) {
  const auto add = [&](Operation<AccountRoutes> operation, http::Route route) {
    route.max_body_bytes = kMaxAccountBytes;
    add_operation(routers, *this, operation, std::move(route));
  };
  const std::string me(kMePath);
  const std::string addresses(kAddressesPath);
  const std::string address = addresses + "/{id}";
  const std::string sessions = "/api/sessions";
  using Routes = AccountRoutes;
  add(&Routes::register_user, {.method = Method::kPost,
                               .path = "/api/users",
                               .name = "registerUser",
                               .priority = Priority::kAccount,
                               .statement_budget = 1,
                               .takes = Takes::kBody});
  add(&Routes::get_me, {.method = Method::kGet,
                        .path = me,
                        .name = "getCurrentUser",
                        .access = kUser,
                        .priority = Priority::kAccount,
                        .statement_budget = 2});
  add(&Routes::change_me, {.method = Method::kPatch,
                           .path = me,
                           .name = "changeCurrentUser",
                           .access = kUser,
                           .priority = Priority::kAccount,
                           .statement_budget = 2,
                           .takes = Takes::kBody});
  add(&Routes::list_addresses, {.method = Method::kGet,
                                .path = addresses,
                                .name = "listAddresses",
                                .access = kUser,
                                .priority = Priority::kAccount,
                                .statement_budget = 2});
  add(&Routes::add_address, {.method = Method::kPost,
                             .path = addresses,
                             .name = "addAddress",
                             .access = kUser,
                             .priority = Priority::kAccount,
                             .statement_budget = 3,
                             .takes = Takes::kBody});
  add(&Routes::get_address, {.method = Method::kGet,
                             .path = address,
                             .name = "getAddress",
                             .access = kUser,
                             .priority = Priority::kAccount,
                             .statement_budget = 2});
  add(&Routes::replace_address, {.method = Method::kPut,
                                 .path = address,
                                 .name = "replaceAddress",
                                 .access = kUser,
                                 .priority = Priority::kAccount,
                                 .statement_budget = 3,
                                 .takes = Takes::kBody});
  add(&Routes::remove_address, {.method = Method::kDelete,
                                .path = address,
                                .name = "removeAddress",
                                .access = kUser,
                                .priority = Priority::kAccount,
                                .statement_budget = 3});
  add(&Routes::sign_in, {.method = Method::kPost,
                         .path = sessions,
                         .name = "signIn",
                         .priority = Priority::kAccount,
                         .statement_budget = 2,
                         .takes = Takes::kBody});
  add(&Routes::sign_out, {.method = Method::kDelete,
                          .path = sessions,
                          .name = "signOut",
                          .access = kUser,
                          .priority = Priority::kAccount,
                          .statement_budget = 2});
}

Answer AccountRoutes::register_user(Context& context, const Request& request) {
  auto registration = read_body<accounts::Registration>(json_, request);
  if (!registration) co_return std::unexpected(registration.error());
  const auto user =
      co_await accounts_.register_user(context, *std::move(registration), request.client);
  if (!user) co_return problem_of(user.error().error, user.error().retry_after);
  co_return created(body_of(*user), kMePath);
}

Answer AccountRoutes::get_me(Context& context, const Request& request) {
  const auto user = co_await accounts_.user(context, caller(request));
  if (!user) co_return std::unexpected(user.error());
  co_return http::json(200, body_of(*user));
}

Answer AccountRoutes::change_me(Context& context, const Request& request) {
  auto patch = read_body<accounts::ProfilePatch>(json_, request);
  if (!patch) co_return std::unexpected(patch.error());
  const auto user = co_await accounts_.update(context, caller(request), *std::move(patch));
  if (!user) co_return std::unexpected(user.error());
  co_return http::json(200, body_of(*user));
}

Answer AccountRoutes::list_addresses(Context& context, const Request& request) {
  const auto addresses = co_await accounts_.addresses(context, caller(request));
  co_return http::json(200, page_of(addresses, std::nullopt));
}

Answer AccountRoutes::add_address(Context& context, const Request& request) {
  auto draft = read_body<accounts::AddressDraft>(json_, request);
  if (!draft) co_return std::unexpected(draft.error());
  const auto address = co_await accounts_.add_address(context, caller(request), *std::move(draft));
  if (!address) co_return std::unexpected(address.error());
  co_return created(body_of(*address), location_of(*address));
}

Answer AccountRoutes::get_address(Context& context, const Request& request) {
  const auto id = id_in_path<AddressId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto address = co_await accounts_.address(context, caller(request), *id);
  if (!address) co_return std::unexpected(address.error());
  co_return http::json(200, body_of(*address));
}

// The address may have moved to a new id: Content-Location says where it is now.
Answer AccountRoutes::replace_address(Context& context, const Request& request) {
  const auto id = id_in_path<AddressId>(request);
  if (!id) co_return std::unexpected(id.error());
  auto draft = read_body<accounts::AddressDraft>(json_, request);
  if (!draft) co_return std::unexpected(draft.error());
  const auto address =
      co_await accounts_.replace_address(context, caller(request), *id, *std::move(draft));
  if (!address) co_return std::unexpected(address.error());
  auto response = http::json(200, body_of(*address));
  response.headers.add("Content-Location", location_of(*address));
  co_return response;
}

Answer AccountRoutes::remove_address(Context& context, const Request& request) {
  const auto id = id_in_path<AddressId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto removed = co_await accounts_.remove_address(context, caller(request), *id);
  if (!removed) co_return std::unexpected(removed.error());
  co_return http::no_content();
}

Answer AccountRoutes::sign_in(Context& context, const Request& request) {
  auto credentials = read_body<accounts::Credentials>(json_, request);
  if (!credentials) co_return std::unexpected(credentials.error());
  const auto session = co_await accounts_.sign_in(context, *std::move(credentials), request.client);
  if (!session) co_return problem_of(session.error().error, session.error().retry_after);
  co_return http::json(201, body_of(*session));
}

Answer AccountRoutes::sign_out(Context& context, const Request& request) {
  co_await accounts_.sign_out(context, bearer_token(request).value_or(""));
  co_return http::no_content();
}

}  // namespace souk::api
