// A queue with a turn for each client network (round robin), so that a burst from one network does
// not delay the others. Preferred items go first: kPreferredInARow of them, then one other.
// Threading: not synchronised; the owner locks. Ownership: owns its items.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>

#include "base/client_network.h"

namespace souk::runtime {

// Where an item is queued. Only the queue's total limit applies to items without a network.
struct Turn {
  ClientNetwork network = {};
  bool preferred = false;
};

template <class Item>
class FairQueue {
 public:
  static constexpr unsigned kPreferredInARow = 3;

  enum class Verdict : std::uint8_t { kAccepted, kFull, kNetworkHasItsShare };

  // Limits for preferred items and for others, each: `most` in all, `most_of_network` per network.
  FairQueue(std::size_t most, std::size_t most_of_network)
      : most_(most), most_of_network_(most_of_network) {}

  bool empty() const { return size() == 0; }
  std::size_t size() const { return lanes_[0].size + lanes_[1].size; }

  // Moves from `item` only when it is accepted.
  Verdict push(const Turn& turn, Item&& item) {
    auto& lane = lanes_[turn.preferred ? 1 : 0];
    if (lane.size >= most_) return Verdict::kFull;
    auto& waiting = lane.waiting[turn.network];
    if (turn.network.counts() && waiting.size() >= most_of_network_) {
      if (waiting.empty()) lane.waiting.erase(turn.network);
      return Verdict::kNetworkHasItsShare;
    }
    if (waiting.empty()) lane.turns.push_back(turn.network);
    waiting.push_back(std::move(item));
    ++lane.size;
    return Verdict::kAccepted;
  }

  // REQUIRES: not empty.
  Item pop() {
    auto& [others, preferred] = lanes_;
    const bool others_turn = others.size > 0 && in_a_row_ >= kPreferredInARow;
    const bool takes_preferred = preferred.size > 0 && !others_turn;
    in_a_row_ = takes_preferred ? in_a_row_ + 1 : 0;
    return take(takes_preferred ? preferred : others);
  }

 private:
  struct Lane {
    std::unordered_map<ClientNetwork, std::deque<Item>> waiting;  // none empty
    std::deque<ClientNetwork> turns;                              // networks with items waiting
    std::size_t size = 0;
  };

  static Item take(Lane& lane) {
    const auto network = lane.turns.front();
    lane.turns.pop_front();
    const auto found = lane.waiting.find(network);
    Item item = std::move(found->second.front());
    found->second.pop_front();
    if (found->second.empty()) {
      lane.waiting.erase(found);
    } else {
      lane.turns.push_back(network);
    }
    --lane.size;
    return item;
  }

  const std::size_t most_;
  const std::size_t most_of_network_;
  std::array<Lane, 2> lanes_;  // preferred items in the second
  unsigned in_a_row_ = 0;      // preferred items
};

}  // namespace souk::runtime
