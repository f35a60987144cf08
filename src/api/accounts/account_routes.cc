#include "api/accounts/account_routes.h"

#include "api/accounts/operations.h"
#include "api/accounts/personal_data.h"
#include "api/accounts/request_operations.h"
#include "api/operation/cursor.h"
#include "api/operation/parameters.h"
#include "api/wire/wire.h"

namespace souk::api {

using http::Request;
using http::Response;
using runtime::Context;

namespace {

constexpr std::string_view kMePath = "/api/users/me";
constexpr std::string_view kAddressesPath = "/api/users/me/addresses";

UserId caller(const Request& request) { return {request.principal->id}; }

Response created(Buffer body, std::string_view location) {
  auto response = http::json(201, std::move(body));
  response.headers.add("Location", location);
  return response;
}

// What was asked for is done later.
Response accepted() { return {.status = 202}; }

std::string location_of(const accounts::Address& address) {
  return std::string(kAddressesPath) + "/" + address.id.value.to_string();
}

}  // namespace

void AccountRoutes::each(auto add) {
  add(kRegisterUser, &AccountRoutes::register_user);
  add(kListUsers, &AccountRoutes::list_users);
  add(kGetUser, &AccountRoutes::get_user);
  add(kGetCurrentUser, &AccountRoutes::get_me);
  add(kChangeCurrentUser, &AccountRoutes::change_me);
  add(kListAddresses, &AccountRoutes::list_addresses);
  add(kAddAddress, &AccountRoutes::add_address);
  add(kGetAddress, &AccountRoutes::get_address);
  add(kReplaceAddress, &AccountRoutes::replace_address);
  add(kRemoveAddress, &AccountRoutes::remove_address);
  add(kChangePassword, &AccountRoutes::change_password);
  add(kForgotPassword, &AccountRoutes::forgot_password);
  add(kResetPassword, &AccountRoutes::reset_password);
  add(kConfirmEmail, &AccountRoutes::confirm_email);
  add(kVerifyEmail, &AccountRoutes::verify_email);
  add(kChangeEmail, &AccountRoutes::change_email);
  add(kEraseAccount, &AccountRoutes::erase);
  add(kExportAccount, &AccountRoutes::export_all);
  add(kListSessions, &AccountRoutes::list_sessions);
  add(kEndSession, &AccountRoutes::end_session);
  add(kEndSessions, &AccountRoutes::end_sessions);
  add(kSignIn, &AccountRoutes::sign_in);
  add(kSignOut, &AccountRoutes::sign_out);
}

void AccountRoutes::add_to(Routes& routes) {
  each([&](const Operation& operation, auto handler) { routes.add(operation, *this, handler); });
}

void AccountRoutes::list_operations(std::vector<const Operation*>& operations) {
  each([&](const Operation& operation, auto) { operations.push_back(&operation); });
}

Answer AccountRoutes::register_user(Context& context, const Request& request,
                                    accounts::Registration registration) {
  if (requests_.verifies_registrations()) {
    const auto asked =
        co_await requests_.register_user(context, std::move(registration), request.client);
    if (!asked) co_return problem_of(asked.error().error, asked.error().retry_after);
    co_return accepted();
  }
  const auto user =
      co_await accounts_.register_user(context, std::move(registration), request.client);
  if (!user) co_return problem_of(user.error().error, user.error().retry_after);
  co_return created(body_of(*user), kMePath);
}

Answer AccountRoutes::list_users(Context& context, const Request&, UserListing listing) {
  accounts::UserQuery query{.email = std::move(listing.email),
                            .role = listing.role,
                            .is_active = listing.active != Active::kNo,
                            .limit = listing.limit,
                            .after = {}};
  if (listing.cursor) {
    query.after = decode_email_cursor(*listing.cursor);
    if (!query.after) co_return refuse_cursor();
  }
  const auto page = co_await accounts_.users(context, std::move(query));
  if (!page) co_return std::unexpected(page.error());
  std::optional<std::string> next;
  if (page->next) next = encode_email_cursor(*page->next);
  co_return http::json(200, page_of(page->items, next));
}

Answer AccountRoutes::get_user(Context& context, const Request& request) {
  const auto id = id_in_path<UserId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto user = co_await accounts_.user_record(context, *id);
  if (!user) co_return std::unexpected(user.error());
  co_return http::json(200, body_of(*user));
}

Answer AccountRoutes::get_me(Context& context, const Request& request) {
  const auto user = co_await accounts_.user(context, caller(request));
  if (!user) co_return std::unexpected(user.error());
  co_return http::json(200, body_of(*user));
}

Answer AccountRoutes::change_me(Context& context, const Request& request,
                                accounts::ProfilePatch patch) {
  const auto user = co_await accounts_.update(context, caller(request), std::move(patch));
  if (!user) co_return std::unexpected(user.error());
  co_return http::json(200, body_of(*user));
}

Answer AccountRoutes::list_addresses(Context& context, const Request& request) {
  const auto addresses = co_await accounts_.addresses(context, caller(request));
  co_return http::json(200, page_of(addresses));
}

Answer AccountRoutes::add_address(Context& context, const Request& request,
                                  accounts::AddressDraft draft) {
  const auto address = co_await accounts_.add_address(context, caller(request), std::move(draft));
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

// The address may have a new id: Content-Location has its URL.
Answer AccountRoutes::replace_address(Context& context, const Request& request,
                                      AddressReplacement wanted) {
  const auto id = id_in_path<AddressId>(request);
  if (!id) co_return std::unexpected(id.error());
  if (wanted.id && *wanted.id != *id) {
    co_return fail(ErrorCode::kValidationFailed, "the address is not valid",
                   {{"/id", "must be the id in the path"}});
  }
  const auto address =
      co_await accounts_.replace_address(context, caller(request), *id, std::move(wanted));
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

Answer AccountRoutes::change_password(Context& context, const Request& request,
                                      accounts::PasswordChange change) {
  const auto changed =
      co_await accounts_.change_password(context, caller(request), std::move(change),
                                         bearer_token(request).value_or(""), request.client);
  if (!changed) co_return problem_of(changed.error().error, changed.error().retry_after);
  co_return http::no_content();
}

Answer AccountRoutes::forgot_password(Context& context, const Request&,
                                      accounts::EmailAddress address) {
  const auto asked = co_await requests_.forgot_password(context, std::move(address));
  if (!asked) co_return std::unexpected(asked.error());
  co_return accepted();
}

Answer AccountRoutes::reset_password(Context& context, const Request& request,
                                     accounts::NewPassword replacement) {
  const auto reset =
      co_await requests_.reset_password(context, std::move(replacement), request.client);
  if (!reset) co_return std::unexpected(reset.error());
  co_return http::no_content();
}

Answer AccountRoutes::confirm_email(Context& context, const Request& request,
                                    accounts::Confirmation confirmation) {
  const auto confirmed =
      co_await requests_.confirm(context, std::move(confirmation), request.client);
  if (!confirmed) co_return std::unexpected(confirmed.error());
  co_return http::no_content();
}

Answer AccountRoutes::verify_email(Context& context, const Request& request) {
  const auto asked = co_await requests_.verify_email(context, caller(request));
  if (!asked) co_return std::unexpected(asked.error());
  co_return accepted();
}

Answer AccountRoutes::change_email(Context& context, const Request& request,
                                   accounts::EmailChange change) {
  const auto asked =
      co_await requests_.change_email(context, caller(request), std::move(change), request.client);
  if (!asked) co_return problem_of(asked.error().error, asked.error().retry_after);
  co_return accepted();
}

Answer AccountRoutes::erase(Context& context, const Request& request,
                            accounts::AccountDeletion deletion) {
  const auto erased =
      co_await accounts_.erase(context, caller(request), std::move(deletion), request.client);
  if (!erased) co_return problem_of(erased.error().error, erased.error().retry_after);
  co_return http::no_content();
}

Answer AccountRoutes::export_all(Context& context, const Request& request) {
  auto user = co_await accounts_.user(context, caller(request));
  if (!user) co_return std::unexpected(user.error());
  auto addresses = co_await accounts_.addresses(context, user->id);
  auto sessions =
      co_await accounts_.sessions(context, user->id, bearer_token(request).value_or(""));
  co_return http::stream(200, http::kJsonType,
                         std::make_unique<PersonalData>(
                             orders_, PersonalData::Account{*std::move(user), std::move(addresses),
                                                            std::move(sessions)}));
}

Answer AccountRoutes::list_sessions(Context& context, const Request& request) {
  const auto sessions =
      co_await accounts_.sessions(context, caller(request), bearer_token(request).value_or(""));
  co_return http::json(200, page_of(sessions));
}

Answer AccountRoutes::end_session(Context& context, const Request& request) {
  const auto id = id_in_path<accounts::SessionId>(request);
  if (!id) co_return std::unexpected(id.error());
  const auto ended = co_await accounts_.end_session(context, caller(request), *id);
  if (!ended) co_return std::unexpected(ended.error());
  co_return http::no_content();
}

Answer AccountRoutes::end_sessions(Context& context, const Request& request) {
  co_await accounts_.end_sessions(context, caller(request));
  co_return http::no_content();
}

Answer AccountRoutes::sign_in(Context& context, const Request& request,
                              accounts::Credentials credentials) {
  const auto session = co_await accounts_.sign_in(context, std::move(credentials), request.client,
                                                  request.headers.find("User-Agent").value_or(""));
  if (!session) co_return problem_of(session.error().error, session.error().retry_after);
  co_return http::json(201, body_of(*session));
}

Answer AccountRoutes::sign_out(Context& context, const Request& request) {
  co_await accounts_.sign_out(context, bearer_token(request).value_or(""));
  co_return http::no_content();
}

}  // namespace souk::api
