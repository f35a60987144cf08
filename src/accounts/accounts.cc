#include "accounts/accounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "accounts/audit.h"
#include "accounts/directory.h"
#include "accounts/error_codes.h"
#include "accounts/passwords.h"
#include "accounts/rules.h"
#include "accounts/store.h"
#include "accounts/token.h"

namespace souk::accounts {
namespace {

using runtime::Context;
using runtime::Task;

template <class T>
Result<T> found(std::optional<T> value, const char* otherwise) {
  if (!value) return fail(ErrorCode::kNotFound, otherwise);
  return *std::move(value);
}

Error wrong_credentials() {
  return {errors::kInvalidCredentials, "the e-mail address or the password is wrong"};
}

Error wrong_password() { return {errors::kWrongPassword, "the current password is not this one"}; }

// Identical for existing and unknown accounts.
Error too_many_wrong_passwords() {
  return {ErrorCode::kTooManyRequests,
          "too many wrong passwords were tried; try again when Retry-After has passed"};
}

Error too_many_registrations() {
  return {ErrorCode::kTooManyRequests,
          "too many accounts were registered from this network; try again when Retry-After has "
          "passed"};
}

constexpr auto kNoUser = "there is no such user";
constexpr auto kNoAddress = "there is no such address";

}  // namespace

Accounts::Accounts(postgres::Pool& pool, runtime::Loop& loop, Passwords passwords,
                   const Clock& clock, UuidGenerator& ids, telemetry::Registry& registry,
                   AccountsConfig config)
    : pool_(pool),
      loop_(loop),
      passwords_(passwords),
      clock_(clock),
      ids_(ids),
      config_(config),
      uses_(registry),
      principals_(pool, loop, clock, uses_, SessionUses::kept_for(config.session_idle_lifetime)) {}

template <class Work>
Task<Result<std::invoke_result_t<Work>>> Accounts::offload(const Context& context,
                                                           runtime::Turn turn, Work work) {
  auto done = co_await passwords_.hashing.run(
      loop_,
      [deadline = context.deadline, &work] {
        std::optional<std::invoke_result_t<Work>> result;
        if (std::chrono::steady_clock::now() < deadline) result.emplace(work());
        return result;
      },
      turn);
  if (!done) co_return std::unexpected(done.error());
  if (!*done) co_return fail(ErrorCode::kDeadlineExceeded, "the deadline passed; try again later");
  co_return std::move(**done);
}

Task<std::chrono::seconds> Accounts::admit(const Context& context, const SignInGuard::Try& tried) {
  auto& [hashing, guard, failures] = passwords_;
  const auto shared = co_await failures.admit(context, guard.names(tried), tried.known_network);
  co_return guard.admit(tried, std::chrono::steady_clock::now(), shared);
}

Task<std::chrono::seconds> Accounts::admit(const Context& context, const ClientNetwork& network) {
  auto& [hashing, guard, failures] = passwords_;
  const auto shared = co_await failures.admit(context, guard.names(network), false);
  co_return guard.admit_registration(network, std::chrono::steady_clock::now(), shared);
}

Task<std::expected<Accounts::Prepared, Refusal>> Accounts::prepare(Context& context,
                                                                   Registration registration,
                                                                   ClientNetwork client) {
  auto accepted = rules::check(std::move(registration));
  if (!accepted) co_return std::unexpected(Refusal{accepted.error()});
  const auto wait = co_await admit(context, client);
  if (wait > wait.zero()) co_return std::unexpected(Refusal{too_many_registrations(), wait});
  auto hashed = co_await hash(context, accepted->password, client);
  if (!hashed) {
    passwords_.guard.registration_given_up(client);
    co_await passwords_.failures.take_back(context, passwords_.guard.names(client));
    co_return std::unexpected(Refusal{hashed.error()});
  }
  co_return Prepared{*std::move(accepted), *std::move(hashed)};
}

Task<std::expected<User, Refusal>> Accounts::register_user(Context& context,
                                                           Registration registration,
                                                           ClientNetwork client) {
  auto prepared = co_await prepare(context, std::move(registration), client);
  if (!prepared) co_return std::unexpected(std::move(prepared.error()));
  auto user =
      co_await store::insert_user(pool_, context, UserId{ids_.next()}, prepared->registration,
                                  prepared->password_hash, clock_.now());
  if (!user) {
    co_return std::unexpected(
        Refusal{{errors::kEmailTaken, "another account uses this e-mail address"}});
  }
  co_return *std::move(user);
}

Task<Result<std::string>> Accounts::hash(Context& context, const std::string& password,
                                         ClientNetwork client) {
  return offload(context, {.network = client}, [&password] { return hash_password(password); });
}

Task<Result<bool>> Accounts::matches(Context& context, const std::string& password,
                                     const std::string& password_hash, ClientNetwork client) {
  return offload(context, {.network = client},
                 [&password, &password_hash] { return verify_password(password_hash, password); });
}

Task<std::expected<Accounts::Checked, Refusal>> Accounts::check_password(
    Context& context, const Credentials& credentials, const ClientNetwork& client) {
  const auto network = network_hash(credentials.email, client);
  auto login = co_await store::find_login(pool_, context, credentials.email, network,
                                          clock_.now() - kLately);
  auto& guard = passwords_.guard;
  const SignInGuard::Try tried{.email = credentials.email,
                               .network = client,
                               .known_network = login && login->known_network && client.counts()};
  if (const auto wait = co_await admit(context, tried); wait.count() > 0) {
    co_return std::unexpected(Refusal{too_many_wrong_passwords(), wait});
  }
  const auto hash = login ? login->password_hash : unmatchable_hash();
  const auto matches = co_await offload(
      context, {.network = client, .preferred = tried.known_network},
      [&hash, &credentials] { return verify_password(hash, credentials.password); });
  if (!matches) {
    guard.given_up(tried);
    co_await passwords_.failures.take_back(context, guard.names(tried));
    co_return std::unexpected(Refusal{matches.error()});
  }
  if (!login || !*matches) {
    guard.failed(tried, login ? std::optional(login->user.id) : std::nullopt);
    co_return std::unexpected(Refusal{wrong_credentials()});
  }
  guard.succeeded(tried);
  co_await passwords_.failures.take_back(context, guard.names(tried));
  co_return Checked{*std::move(login), client.counts() ? std::optional(network) : std::nullopt};
}

Task<std::expected<Session, Refusal>> Accounts::sign_in(Context& context, Credentials credentials,
                                                        ClientNetwork client,
                                                        std::string_view user_agent) {
  const auto accepted = rules::check(std::move(credentials));
  if (!accepted) co_return std::unexpected(Refusal{accepted.error()});
  auto checked = co_await check_password(context, *accepted, client);
  if (!checked) co_return std::unexpected(std::move(checked.error()));
  const auto now = clock_.now();
  Session session{
      .token = make_token(),
      .expires_at = now + std::min(config_.session_lifetime, config_.session_idle_lifetime),
      .user = checked->login.user};
  const store::NewSession begun{.token = *hash_token(session.token),
                                .client = rules::client_name(user_agent),
                                .begins_at = now,
                                .expires_at = session.expires_at,
                                .network = checked->network,
                                .audit_id = ids_.next(),
                                .client_network = client.text()};
  if (!co_await store::insert_session(pool_, context, checked->login, begun)) {
    co_return std::unexpected(Refusal{wrong_credentials()});
  }
  co_return session;
}

Task<std::expected<void, Refusal>> Accounts::change_password(Context& context, UserId user,
                                                             PasswordChange change,
                                                             std::string_view token,
                                                             ClientNetwork client) {
  const auto owner = co_await store::find_user(pool_, context, user);
  if (!owner) co_return std::unexpected(Refusal{{ErrorCode::kNotFound, kNoUser}});
  const auto accepted = rules::check(std::move(change), *owner);
  if (!accepted) co_return std::unexpected(Refusal{accepted.error()});
  const auto login = co_await confirm_password(context, *owner, accepted->current, client);
  if (!login) co_return std::unexpected(login.error());
  const auto hashed = co_await hash(context, accepted->replacement, client);
  if (!hashed) co_return std::unexpected(Refusal{hashed.error()});
  if (!co_await store::change_password(pool_, context, user, login->password_hash, *hashed,
                                       hash_token(token).value_or(TokenHash{}))) {
    co_return std::unexpected(Refusal{wrong_password()});  // it was changed meanwhile
  }
  co_return std::expected<void, Refusal>();
}

Task<std::expected<store::Login, Refusal>> Accounts::confirm_password(Context& context,
                                                                      const User& user,
                                                                      const std::string& password,
                                                                      ClientNetwork client) {
  auto checked = co_await check_password(context, {user.email, password}, client);
  if (checked) co_return std::move(checked->login);
  auto& refusal = checked.error();
  if (refusal.error.code == errors::kInvalidCredentials) refusal.error = wrong_password();
  co_return std::unexpected(std::move(refusal));
}

Task<std::expected<void, Refusal>> Accounts::erase(Context& context, UserId user,
                                                   AccountDeletion deletion, ClientNetwork client) {
  const auto owner = co_await store::find_user(pool_, context, user);
  if (!owner) co_return std::unexpected(Refusal{{ErrorCode::kNotFound, kNoUser}});
  if (owner->is_admin) {
    co_return std::unexpected(Refusal{
        {ErrorCode::kForbidden, "an administrator's account is disabled by `souk admin disable`"}});
  }
  const auto login = co_await confirm_password(context, *owner, deletion.current_password, client);
  if (!login) co_return std::unexpected(login.error());
  if (!co_await store::erase_user(pool_, context, user)) {
    co_return std::unexpected(
        Refusal{{errors::kOrdersOpen, "wait until the orders are delivered, or cancel them"}});
  }
  co_return std::expected<void, Refusal>();
}

Task<void> Accounts::sign_out(Context& context, std::string_view token) {
  if (const auto hash = hash_token(token)) co_await store::delete_session(pool_, context, *hash);
}

Task<void> Accounts::record(Context& context, UserId administrator, std::string_view action,
                            std::string_view subject, const ClientNetwork& client) {
  const audit::Entry entry{.id = ids_.next(),
                           .at = clock_.now(),
                           .user_id = administrator,
                           .action = std::string(action),
                           .subject = std::string(subject.substr(0, audit::kMaxSubject)),
                           .network = client.text()};
  co_await audit::record(pool_, context, entry);
}

Task<void> Accounts::record_failed_sign_ins(Context& context) {
  auto& failed = passwords_.guard.failed_sign_ins();
  const auto taken = failed.take();
  if (taken.empty()) co_return;
  try {
    co_await audit::record_failures(pool_, context, taken, clock_.now(), ids_);
  } catch (...) {
    failed.put_back(taken);
    throw;
  }
}

Task<Result<Principal>> Accounts::authenticate(Context& context, std::string_view token) {
  if (const auto hash = hash_token(token)) {
    const auto principal = co_await principals_.find(context, *hash);
    if (principal) co_return *principal;
  }
  co_return fail(ErrorCode::kUnauthenticated, "the token is not valid, or not any more");
}

Task<std::vector<OwnSession>> Accounts::sessions(Context& context, UserId user,
                                                 std::string_view token) {
  co_return co_await store::sessions(pool_, context, user, hash_token(token).value_or(TokenHash{}),
                                     clock_.now());
}

Task<Result<>> Accounts::end_session(Context& context, UserId user, SessionId id) {
  if (co_await store::end_session(pool_, context, user, id)) co_return Result<>();
  co_return fail(ErrorCode::kNotFound, "you have no such session");
}

Task<void> Accounts::end_sessions(Context& context, UserId user) {
  return store::end_sessions(pool_, context, user);
}

Task<void> Accounts::note_session_uses(Context& context) {
  for (auto used = uses_.take(); !used.empty(); used = uses_.take()) {
    co_await store::note_uses(pool_, context, used, clock_.now(),
                              {config_.session_lifetime, config_.session_idle_lifetime});
  }
}

Task<Result<User>> Accounts::user(Context& context, UserId id) {
  co_return found(co_await store::find_user(pool_, context, id), kNoUser);
}

Task<Result<User>> Accounts::update(Context& context, UserId id, ProfilePatch patch) {
  const auto accepted = rules::check(std::move(patch));
  if (!accepted) co_return std::unexpected(accepted.error());
  co_return found(co_await store::update_user(pool_, context, id, *accepted), kNoUser);
}

Task<Result<UserPage>> Accounts::users(Context& context, UserQuery query) {
  auto accepted = rules::check(std::move(query));
  if (!accepted) co_return std::unexpected(accepted.error());
  co_return co_await directory::list(pool_, context, *accepted);
}

Task<Result<UserRecord>> Accounts::user_record(Context& context, UserId id) {
  co_return found(co_await directory::find(pool_, context, id), kNoUser);
}

Task<std::vector<Address>> Accounts::addresses(Context& context, UserId user) {
  return store::addresses(pool_, context, user);
}

Task<Result<Address>> Accounts::address(Context& context, UserId user, AddressId id) {
  co_return found(co_await store::find_address(pool_, context, user, id), kNoAddress);
}

Task<Result<Address>> Accounts::add_address(Context& context, UserId user, AddressDraft draft) {
  const auto accepted = rules::check(std::move(draft));
  if (!accepted) co_return std::unexpected(accepted.error());
  auto address =
      co_await store::insert_address(pool_, context, user, AddressId{ids_.next()}, *accepted);
  if (!address)
    co_return fail(ErrorCode::kLimitReached,
                   fmt::format("a user has at most {} addresses", kMaxAddresses));
  co_return *std::move(address);
}

Task<Result<Address>> Accounts::replace_address(Context& context, UserId user, AddressId id,
                                                AddressDraft draft) {
  const auto accepted = rules::check(std::move(draft));
  if (!accepted) co_return std::unexpected(accepted.error());
  co_return found(
      co_await store::replace_address(pool_, context, user, id, AddressId{ids_.next()}, *accepted),
      kNoAddress);
}

Task<Result<>> Accounts::remove_address(Context& context, UserId user, AddressId id) {
  if (co_await store::retire_address(pool_, context, user, id)) co_return Result<>();
  co_return fail(ErrorCode::kNotFound, kNoAddress);
}

}  // namespace souk::accounts
