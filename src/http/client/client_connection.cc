#include "http/client/client_connection.h"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>

#include "http/h1/request_writer.h"

namespace souk::http {
namespace {

using boost::asio::ip::tcp;
using h1::Event;
using IoStatus = runtime::Transport::Io::Status;

constexpr std::size_t kReadBytes = 16 * 1024;

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
  auto host = options.authority.empty() ? host_of(peer) : options.authority;
  std::unique_ptr<ClientConnection> connection(
      new ClientConnection(loop, std::move(host), std::move(options)));
  if (auto opened = co_await connection->open(peer); !opened) {
    co_return std::unexpected(opened.error());
  }
  co_return connection;
}

ClientConnection::ClientConnection(runtime::Loop& loop, std::string host, Options options)
    : loop_(loop),
      transport_(loop),
      host_(std::move(host)),
      options_(std::move(options)),
      parser_(options_.limits) {}

runtime::Task<Result<>> ClientConnection::open(tcp::endpoint peer) {
  loop_.arm(*this, options_.connect_timeout);
  const auto error = co_await transport_.connect(peer);
  Result<> ready;
  if (error) {
    ready = fail(ErrorCode::kUnavailable, error.message());
  } else if (options_.tls != nullptr) {
    ready = co_await transport_.secure(*options_.tls, options_.tls_name);
  }
  cancel();
  if (ready && !late_) co_return ready;
  co_return fail(ErrorCode::kUnavailable,
                 fmt::format("cannot connect to {}: {}", host_of(peer),
                             late_ ? "not in time" : ready.error().detail));
}

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
  h1::write_request(out_, {.method = request.method,
                           .target = request.target,
                           .authority = host_,
                           .headers = &request.headers,
                           .body = request.body,
                           .close = options_.one_exchange});
}

runtime::Task<bool> ClientConnection::send() {
  std::size_t sent = 0;
  while (sent < out_.size() && !late_) {
    const auto result = transport_.write(out_.view().substr(sent));
    sent += result.bytes;
    if (result.status == IoStatus::kClosed) co_return false;
    if (result.status == IoStatus::kBlocked) co_await transport_.wait_writable();
  }
  co_return !late_;
}

runtime::Task<Result<ClientResponse>> ClientConnection::receive() {
  bool answered = false;
  for (;;) {
    auto event = parser_.parse(in_);
    if (event == Event::kNeedMore && !co_await read_more()) event = parser_.finish(in_);
    if (event == Event::kHead) answered = true;
    if (event == Event::kError && answered && !options_.body_matters) {
      reusable_ = false;
      co_return ClientResponse{.status = parser_.status(), .headers = {}, .body = {}};
    }
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
    const auto result = transport_.read(in_.prepare(kReadBytes), kReadBytes);
    in_.commit(result.bytes);
    if (result.status != IoStatus::kBlocked) co_return result.status == IoStatus::kDone;
    co_await transport_.wait_readable();
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
  transport_.close();
}

}  // namespace souk::http
