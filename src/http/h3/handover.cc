#include "http/h3/handover.h"

namespace souk::http::h3 {

void Handover::attach(std::size_t worker, runtime::Loop& loop, Receive receive) {
  auto& slot = slots_[worker];
  const std::scoped_lock lock(slot.mutex);
  slot.loop = &loop;
  slot.receive = std::move(receive);
}

void Handover::detach(std::size_t worker) {
  auto& slot = slots_[worker];
  const std::scoped_lock lock(slot.mutex);
  slot.loop = nullptr;
  slot.receive = nullptr;
  slot.waiting.clear();
}

bool Handover::hand_on(std::size_t worker, std::size_t socket, const Datagram& datagram) {
  auto& slot = slots_[worker];
  const std::scoped_lock lock(slot.mutex);
  if (slot.loop == nullptr || slot.waiting.size() == kMaxWaiting) return false;
  if (slot.waiting.empty()) slot.loop->post([this, &slot] { deliver(slot); });
  slot.waiting.push_back(
      {socket, std::vector(datagram.bytes.begin(), datagram.bytes.end()), datagram});
  return true;
}

// Detaching happens on the same loop: `receive` stays valid during the calls.
void Handover::deliver(Slot& slot) {
  std::vector<Parcel> parcels;
  const Receive* receive = nullptr;
  {
    const std::scoped_lock lock(slot.mutex);
    if (slot.loop == nullptr) return;
    parcels.swap(slot.waiting);
    receive = &slot.receive;
  }
  for (auto& parcel : parcels) {
    parcel.datagram.bytes = parcel.bytes;
    (*receive)(parcel.socket, parcel.datagram);
  }
}

}  // namespace souk::http::h3
