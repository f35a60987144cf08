// What one client may have in flight of something dear, so that the others get their turn.
// Threading: one worker. Ownership: places borrow it and are gone before it.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace souk::api {

class PeerShare {
 public:
  explicit PeerShare(std::size_t most) : most_(most) {}

  // Held for as long as the request is on its way.
  class Place {
   public:
    Place(PeerShare& share, std::string peer) : share_(&share), peer_(std::move(peer)) {}
    Place(Place&& other) noexcept
        : share_(std::exchange(other.share_, nullptr)), peer_(std::move(other.peer_)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (share_ != nullptr) share_->leave(peer_);
    }

   private:
    PeerShare* share_;
    std::string peer_;
  };

  // Nothing where the peer has its share already. `peer` is an address without port.
  std::optional<Place> enter(std::string_view peer);

 private:
  void leave(const std::string& peer);

  const std::size_t most_;
  std::map<std::string, std::size_t, std::less<>> in_flight_;  // by peer, none with zero
};

}  // namespace souk::api
