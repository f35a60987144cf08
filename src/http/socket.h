// A TCP connection of one loop: system calls tried directly, and waits for when they would block.
//
// Threading: loop thread only. Ownership: owns the descriptor; at most one wait at a time.
#pragma once

#include <sys/uio.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <span>

#include "runtime/await.h"
#include "runtime/loop.h"

namespace souk::http {

struct IoResult {
  enum class Status : std::uint8_t { kDone, kBlocked, kClosed };
  Status status;
  std::size_t bytes = 0;  // where done
};

class Socket {
 public:
  // Takes the descriptor over; it is connected and non-blocking.
  Socket(runtime::Loop& loop, int fd);

  // kClosed at the end of the stream and after any error.
  IoResult receive(char* to, std::size_t size);
  IoResult send(std::span<const iovec> pieces);

  // Completes with an error code when cancelled.
  auto wait_readable() { return socket_.async_wait(Native::wait_read, runtime::await); }
  auto wait_writable() { return socket_.async_wait(Native::wait_write, runtime::await); }
  void cancel();
  // Sends what is queued, then the end of the stream; reading goes on.
  void end_sending();

 private:
  // The loop's own executor type: any_io_executor costs at each operation.
  using Native = boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                                  boost::asio::io_context::executor_type>;
  Native socket_;
};

}  // namespace souk::http
