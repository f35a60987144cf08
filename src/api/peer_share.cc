#include "api/peer_share.h"

namespace souk::api {

std::optional<PeerShare::Place> PeerShare::enter(std::string_view peer) {
  const auto found = in_flight_.find(peer);
  if (found != in_flight_.end() && found->second >= most_) return std::nullopt;
  std::string name(peer);
  ++in_flight_[name];
  return std::optional<Place>(std::in_place, *this, std::move(name));
}

void PeerShare::leave(const std::string& peer) {
  const auto found = in_flight_.find(peer);
  if (--found->second == 0) in_flight_.erase(found);
}

}  // namespace souk::api
