#include "http/client/client_connection.h"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>

namespace souk::http {
namespace {

using boost::asio::ip::tcp;
using h1::Event;
using IoStatus = IoResult::Status;

constexpr std::size_t kReadBytes = 16 * 1024;

using Native = boost::asio::basic_stream_socket<tcp, boost::asio::io_context::executor_type>;

// Cancels a connection attempt that takes too long.
struct ConnectTimer final : runtime::TimerWheel::Timer {
  explicit ConnectTimer(Native& s) : socket(s) {}
  void on_timer() override {
    boost::system::error_code ignored;
    socket.cancel(ignored);
  }
  Native& socket;
};

std::string host_of(const tcp::endpoint& peer) {
  const auto address = peer.address().to_string();
  return peer.address().is_v6() ? fmt::format("[{}]:{}", address, peer.port())
                                : fmt::format("{}:{}", address, peer.port());
}

}  // namespace

runtime::Task<Result<std::unique_ptr<ClientConnection>>> ClientConnection::connect(
    runtime::Loop& loop, std::string address, std::uint16_t port, Options options) {
  boost::system::error_code error;
  const auto ip = boost::asio::ip::make_address(address, error);
  if (error) co_return fail(ErrorCode::kUnavailable, address + " is not an IP address");
  const tcp::endpoint peer(ip, port);
  Native native(loop.io());
  ConnectTimer timer(native);
  loop.arm(timer, options.connect_timeout);
  error = co_await native.async_connect(peer, runtime::await);
  timer.cancel();
  if (error) {
    co_return fail(ErrorCode::kUnavailable,
                   fmt::format("cannot connect to {}: {}", host_of(peer), error.message()));
  }
  native.native_non_blocking(true);
  Socket socket(loop, native.release());
  co_return std::unique_ptr<ClientConnection>(
      new ClientConnection(loop, std::move(socket), host_of(peer), options));
}

ClientConnection::ClientConnection(runtime::Loop& loop, Socket socket, std::string host,
                                   const Options& options)
    : loop_(loop),
      socket_(std::move(socket)),
      host_(std::move(host)),
      options_(options),
      parser_(options.limits) {}

runtime::Task<Result<ClientResponse>> ClientConnection::exchange(ClientRequest request) {
  if (!reusable_) co_return lost("the connection has ended");
  write(request);
  loop_.arm(*this, options_.exchange_timeout);
  in_.clear();
  parser_.start(0, request.method == Method::kHead);
  if (!co_await send()) co_return lost("the server does not take the request");
  auto response = co_await receive();
  cancel();
  co_return response;
}

void ClientConnection::write(const ClientRequest& request) {
  out_.clear();
  out_.append(method_name(request.method));
  out_.append(' ');
  out_.append(request.target);
  out_.append(" HTTP/1.1\r\nHost: ");
  out_.append(host_);
  out_.append("\r\n");
  out_.append(request.headers.lines());
  if (!request.body.empty()) {
    out_.append("Content-Length: ");
    out_.append_unsigned(request.body.size());
    out_.append("\r\n");
  }
  out_.append("\r\n");
  out_.append(request.body);
}

runtime::Task<bool> ClientConnection::send() {
  for (std::size_t sent = 0; sent < out_.size();) {
    const iovec rest = {out_.data() + sent, out_.size() - sent};
    const auto result = socket_.send({&rest, 1});
    sent += result.bytes;
    if (result.status == IoStatus::kClosed || late_) co_return false;
    if (result.status == IoStatus::kBlocked) co_await socket_.wait_writable();
  }
  co_return true;
}

runtime::Task<Result<ClientResponse>> ClientConnection::receive() {
  for (;;) {
    auto event = parser_.parse(in_);
    if (event == Event::kNeedMore && !co_await read_more()) event = parser_.finish(in_);
    if (event == Event::kError) co_return lost(parser_.error().detail);
    if (event != Event::kComplete) continue;
    reusable_ = parser_.keeps_alive();
    ClientResponse response{.status = parser_.status(), .headers = {}, .body = parser_.body(in_)};
    parser_.bind_headers(in_, response.headers);
    co_return response;
  }
}

runtime::Task<bool> ClientConnection::read_more() {
  while (!late_) {
    const auto result = socket_.receive(in_.prepare(kReadBytes), kReadBytes);
    in_.commit(result.bytes);
    if (result.status != IoStatus::kBlocked) co_return result.status == IoStatus::kDone;
    co_await socket_.wait_readable();
  }
  co_return false;
}

Result<ClientResponse> ClientConnection::lost(std::string_view why) {
  cancel();
  reusable_ = false;
  return fail(ErrorCode::kUnavailable,
              fmt::format("{}: {}", host_, late_ ? "no answer in time" : why));
}

void ClientConnection::on_timer() {
  late_ = true;
  socket_.cancel();
}

}  // namespace souk::http
