// The exclusive use of one connection, which the destructor returns. An open transaction is rolled
// back in the background before the connection is leased again.
// Threading: loop thread only. Ownership: borrows the connection from its set, which outlives it.
#pragma once

#include <utility>

namespace souk::postgres {

class Connection;
class Connections;
struct PooledConnection;

class Lease {
 public:
  Lease() = default;
  Lease(Connections& owner, PooledConnection& connection)
      : owner_(&owner), connection_(&connection) {}
  Lease(Lease&& other) noexcept
      : owner_(other.owner_), connection_(std::exchange(other.connection_, nullptr)) {}
  Lease& operator=(Lease&& other) noexcept {
    std::swap(owner_, other.owner_);
    std::swap(connection_, other.connection_);
    return *this;
  }
  ~Lease() { release(); }

  void release();
  bool held() const { return connection_ != nullptr; }
  Connection& operator*() const;
  Connection* operator->() const { return &**this; }
  // Whether a transaction is open, which the destructor must roll back.
  void set_in_transaction(bool open);
  // A commit is in progress and cannot be cancelled: the connection is leased again only when it is
  // answered, however long that takes.
  void leave_committing();

 private:
  Connections* owner_ = nullptr;
  PooledConnection* connection_ = nullptr;
};

}  // namespace souk::postgres
