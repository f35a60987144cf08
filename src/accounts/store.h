// All SQL of accounts.
// Threading and ownership: free functions; they borrow what they are given for as long as they run.
// All throw Unavailable.
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
// Members that are absent stay as they are.
runtime::Task<std::optional<User>> update_user(postgres::Pool& pool, runtime::Context& context,
                                               UserId id, const ProfilePatch& patch);

struct Login {
  User user;
  std::string password_hash;
  bool known_network = false;
};
// Whether the network is known: since then the user has signed in from it.
runtime::Task<std::optional<Login>> find_login(postgres::Pool& pool, runtime::Context& context,
                                               const std::string& email, const NetworkHash& network,
                                               Timestamp since);

// Remembers the network too, where there is one, and forgets the user's oldest ones past
// kNetworksRemembered. Clears a few sessions that have expired away, so that the table holds little
// more than live ones.
runtime::Task<void> insert_session(postgres::Pool& pool, runtime::Context& context,
                                   const TokenHash& token, UserId user, Timestamp now,
                                   Timestamp expires_at, std::optional<NetworkHash> network);
runtime::Task<void> delete_session(postgres::Pool& pool, runtime::Context& context,
                                   const TokenHash& token);
// Deletes a batch of sessions that have expired by then. True when there may be more.
runtime::Task<bool> delete_expired_sessions(postgres::Pool& pool, runtime::Context& context,
                                            Timestamp before);
// Who is signed in by which of these tokens at this moment, sorted by token.
runtime::Task<std::vector<std::pair<TokenHash, Principal>>> principals(
    postgres::Pool& pool, runtime::Context& context, std::span<const TokenHash> tokens,
    Timestamp now);

// Addresses of one user are changed one after the other: each change locks its user first, so that
// exactly one of them is the default as long as there are any. Retired ones are never found.

runtime::Task<std::vector<Address>> addresses(postgres::Pool& pool, runtime::Context& context,
                                              UserId user);
runtime::Task<std::optional<Address>> find_address(postgres::Pool& pool, runtime::Context& context,
                                                   UserId user, AddressId id);
// Nothing when the user has kMaxAddresses.
runtime::Task<std::optional<Address>> insert_address(postgres::Pool& pool,
                                                     runtime::Context& context, UserId user,
                                                     AddressId id, const AddressDraft& draft);
// Retires `id` and adds `new_id` in its place where an order went to it, and changes it where none
// did. Nothing when there is no such address.
runtime::Task<std::optional<Address>> replace_address(postgres::Pool& pool,
                                                      runtime::Context& context, UserId user,
                                                      AddressId id, AddressId new_id,
                                                      const AddressDraft& draft);
// The oldest of the others becomes the default where it was. False when there is no such address.
runtime::Task<bool> retire_address(postgres::Pool& pool, runtime::Context& context, UserId user,
                                   AddressId id);

// Part of a transaction of orders: those that are active and the user's own.
postgres::Call own_addresses(std::span<const std::pair<UserId, AddressId>> addresses);
std::vector<std::pair<UserId, AddressId>> read_own_addresses(const postgres::Rows& rows);

}  // namespace souk::accounts::store
