#include "api/client_share.h"

namespace souk::api {

std::optional<ClientShare::Place> ClientShare::enter(const ClientNetwork& client) {
  if (client.counts()) {
    auto& held = in_flight_[client];
    if (held >= most_) return std::nullopt;
    ++held;
  }
  return std::optional<Place>(std::in_place, *this, client);
}

void ClientShare::leave(const ClientNetwork& client) {
  const auto found = in_flight_.find(client);
  if (found != in_flight_.end() && --found->second == 0) in_flight_.erase(found);
}

}  // namespace souk::api
