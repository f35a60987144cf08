// All SQL of accounts.
// Threading and ownership: free functions; they borrow their arguments while they run. All throw
// Unavailable.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "accounts/known_networks.h"
#include "accounts/token.h"
#include "accounts/types.h"
#include "postgres/pool.h"
#include "postgres/statement.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::accounts::store {

std::span<const postgres::Statement* const> statements();

// Nothing when the e-mail address is taken.
runtime::Task<std::optional<User>> insert_user(postgres::Pool& pool, runtime::Context& context,
                                               UserId id, const Registration& registration,
                                               const std::string& password_hash, Timestamp now);
runtime::Task<std::optional<User>> find_user(postgres::Pool& pool, runtime::Context& context,
                                             UserId id);
// Absent members are unchanged.
runtime::Task<std::optional<User>> update_user(postgres::Pool& pool, runtime::Context& context,
                                               UserId id, const ProfilePatch& patch);

struct Login {
  User user;
  std::string password_hash;
  bool known_network = false;
};
// known_network: whether the user has signed in from it since `since`.
runtime::Task<std::optional<Login>> find_login(postgres::Pool& pool, runtime::Context& context,
                                               const std::string& email, const NetworkHash& network,
                                               Timestamp since);

struct NewSession {
  TokenHash token;
  std::string client;
  Timestamp begins_at;
  Timestamp expires_at;
  std::optional<NetworkHash> network;  // nothing: none
  Uuid audit_id;                       // of the row of the audit log
  std::string client_network = {};
};
// Also stores the network, and deletes the user's oldest networks above kNetworksRemembered and
// least used sessions above kMaxSessions. False: the account's password is another by now, or it
// was closed.
runtime::Task<bool> insert_session(postgres::Pool& pool, runtime::Context& context,
                                   const Login& login, const NewSession& session);
runtime::Task<void> delete_session(postgres::Pool& pool, runtime::Context& context,
                                   const TokenHash& token);
// Deletes a batch of sessions that expired before that time. True when there may be more.
runtime::Task<bool> delete_expired_sessions(postgres::Pool& pool, runtime::Context& context,
                                            Timestamp before);
struct SignedIn {
  TokenHash token;
  Principal principal;
  bool use_is_due = false;  // the last noted use was before `noted_before`
};
// The users signed in by these tokens at this time, sorted by token.
runtime::Task<std::vector<SignedIn>> principals(postgres::Pool& pool, runtime::Context& context,
                                                std::span<const TokenHash> tokens, Timestamp now,
                                                Timestamp noted_before);
struct Lifetimes {
  std::chrono::milliseconds absolute;
  std::chrono::milliseconds idle;
};
// Sessions that another transaction is changing are left out.
runtime::Task<void> note_uses(postgres::Pool& pool, runtime::Context& context,
                              std::span<const TokenHash> tokens, Timestamp now,
                              const Lifetimes& lifetimes);

// Those that have not expired, the last used first.
runtime::Task<std::vector<OwnSession>> sessions(postgres::Pool& pool, runtime::Context& context,
                                                UserId user, const TokenHash& current,
                                                Timestamp now);
// False when the user has no such session.
runtime::Task<bool> end_session(postgres::Pool& pool, runtime::Context& context, UserId user,
                                SessionId id);
runtime::Task<void> end_sessions(postgres::Pool& pool, runtime::Context& context, UserId user);

// Before statements that must see every session that is begun with the present password.
postgres::Call lock_user(UserId user);
// Ends all other sessions too, those that began meanwhile included. False: the password is another
// than `old_hash` by now.
runtime::Task<bool> change_password(postgres::Pool& pool, runtime::Context& context, UserId user,
                                    const std::string& old_hash, const std::string& new_hash,
                                    const TokenHash& current);

// Erases what is known of the user, and ends all sessions. False: an order is open.
runtime::Task<bool> erase_user(postgres::Pool& pool, runtime::Context& context, UserId user);

// Changes to a user's addresses are serialised: each locks its user first, so that exactly one
// address is the default as long as there are any. Retired ones are never found.

runtime::Task<std::vector<Address>> addresses(postgres::Pool& pool, runtime::Context& context,
                                              UserId user);
runtime::Task<std::optional<Address>> find_address(postgres::Pool& pool, runtime::Context& context,
                                                   UserId user, AddressId id);
// Nothing when the user has kMaxAddresses.
runtime::Task<std::optional<Address>> insert_address(postgres::Pool& pool,
                                                     runtime::Context& context, UserId user,
                                                     AddressId id, const AddressDraft& draft);
// Changes the address, or, if an order was sent to it, retires `id` and adds `new_id`. Nothing when
// there is no such address.
runtime::Task<std::optional<Address>> replace_address(postgres::Pool& pool,
                                                      runtime::Context& context, UserId user,
                                                      AddressId id, AddressId new_id,
                                                      const AddressDraft& draft);
// If it was the default, the oldest of the others becomes it. False when there is no such address.
runtime::Task<bool> retire_address(postgres::Pool& pool, runtime::Context& context, UserId user,
                                   AddressId id);

// Part of a transaction of orders: where each goes, and whom it is told to.
struct DeliveryQuery {
  UserId user;
  std::optional<AddressId> address;  // nothing: the user's default address
};
struct Delivery {
  std::string email;                    // empty: there is no such active user
  std::optional<AddressDraft> address;  // nothing: there is no such active one; its place alone
};
postgres::Call deliveries(std::span<const DeliveryQuery> queries);
// One for each query, in their order.
std::vector<Delivery> read_deliveries(const postgres::Rows& rows, std::size_t queries);

}  // namespace souk::accounts::store
