// Datagrams that reached another worker than their connection's, on their way to it: the kernel has
// no program that chooses the socket, or a socket of the group has been closed.
//
// Threading: any thread; deliveries run on the receiving worker's loop. Ownership: one for all
// workers, outlives them.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "http/h3/udp_socket.h"
#include "runtime/loop.h"

namespace souk::http::h3 {

class Handover {
 public:
  // Datagrams that wait for one worker; further ones are dropped.
  static constexpr std::size_t kMaxWaiting = 1'024;
  using Receive = std::function<void(std::size_t socket, const Datagram& datagram)>;

  explicit Handover(std::size_t workers) : slots_(workers) {}

  std::size_t workers() const { return slots_.size(); }
  void attach(std::size_t worker, runtime::Loop& loop, Receive receive);
  void detach(std::size_t worker);
  // Copies the datagram. False: it was dropped, because too many wait or the worker is gone.
  bool hand_on(std::size_t worker, std::size_t socket, const Datagram& datagram);

 private:
  struct Parcel {
    std::size_t socket;
    std::vector<std::uint8_t> bytes;
    Datagram datagram;
  };
  struct Slot {
    std::mutex mutex;
    // Guarded by mutex:
    runtime::Loop* loop = nullptr;
    Receive receive;
    std::vector<Parcel> waiting;
  };

  void deliver(Slot& slot);

  std::vector<Slot> slots_;
};

}  // namespace souk::http::h3
