// What one client may have in flight of something dear, so that the others get their turn. Clients
// without a network are not held.
// Threading: one worker. Ownership: places borrow it and are gone before it.
#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/client_network.h"

namespace souk::api {

class ClientShare {
 public:
  explicit ClientShare(std::size_t most) : most_(most) {}

  // Held for as long as the request is on its way.
  class Place {
   public:
    Place(ClientShare& share, const ClientNetwork& client) : share_(&share), client_(client) {}
    Place(Place&& other) noexcept
        : share_(std::exchange(other.share_, nullptr)), client_(other.client_) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (share_ != nullptr) share_->leave(client_);
    }

   private:
    ClientShare* share_;
    ClientNetwork client_;
  };

  // Nothing where the client has its share already.
  std::optional<Place> enter(const ClientNetwork& client);

 private:
  void leave(const ClientNetwork& client);

  const std::size_t most_;
  std::unordered_map<ClientNetwork, std::size_t> in_flight_;  // none with zero
};

}  // namespace souk::api
