// Tells when sockets become ready. Each is registered once, edge-triggered: Asio's async_wait()
// makes a system call for every wait, which is one for each request of a kept connection. Asio
// waits for the set of all of them as for one descriptor.
//
// Threading: loop thread only. Ownership: one for each io_context, a service of it; borrows the
// descriptors.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace souk::runtime {

class Poller final : public boost::asio::execution_context::service {
 public:
  class Watch;
  enum class Event : std::uint8_t { kReadable, kWritable, kReset };
  static constexpr std::size_t kEvents = 3;
  // Called from the loop, never by the call that registers it; with an error when the wait was
  // cancelled.
  using Done = std::function<void(boost::system::error_code)>;

  inline static boost::asio::execution_context::id id;  // by which Asio finds a service
  explicit Poller(boost::asio::io_context& io);
  ~Poller() override;
  static Poller& of(boost::asio::io_context& io) { return boost::asio::use_service<Poller>(io); }

 private:
  // Sockets reported by one system call; others have their turn between two.
  static constexpr int kBatch = 128;

  void shutdown() override;
  void wait();
  void report();

  boost::asio::io_context& io_;
  boost::asio::posix::stream_descriptor set_;
  std::array<epoll_event, kBatch> batch_{};
  std::span<epoll_event> unreported_;
};

// One socket's registration.
class Poller::Watch {
 public:
  explicit Watch(Poller& poller) : poller_(poller) {}
  // Calls nobody back.
  ~Watch() { forget(); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Of an open, non-blocking socket, which counts as writable until blocked() is called. REQUIRES:
  // none is watched.
  boost::system::error_code open(int fd);
  // The socket is about to be closed. Every wait ends, with an error.
  void close();

  // At most one wait for each event. Readable and writable last until blocked(): who has not yet
  // met the socket's refusal is told at once.
  void on(Event event, Done done);
  void cancel();
  // The socket has just refused to be read or written, or was read empty.
  void blocked(Event event) { ready_ &= static_cast<std::uint8_t>(~bit(event)); }

  struct Awaiter {
    Watch& watch;
    Event event;
    boost::system::error_code error = {};
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> awaiting) {
      watch.on(event, [this, awaiting](boost::system::error_code result) {
        error = result;
        awaiting.resume();
      });
    }
    boost::system::error_code await_resume() const noexcept { return error; }
  };
  Awaiter wait(Event event) { return {.watch = *this, .event = event}; }

 private:
  friend Poller;
  static constexpr std::uint8_t bit(Event event) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(event));
  }
  Done& waiting(Event event) { return waiting_[static_cast<std::size_t>(event)]; }

  void happened(std::uint32_t events);
  bool modify(int operation, std::uint32_t events);
  void forget();

  Poller& poller_;
  int fd_ = -1;
  std::uint32_t registered_ = 0;
  std::uint8_t ready_ = 0;
  bool ended_ = false;  // by the peer: reading never blocks again
  std::array<Done, kEvents> waiting_;
};

}  // namespace souk::runtime
