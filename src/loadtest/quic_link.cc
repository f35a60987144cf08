#include "loadtest/quic_link.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace souk::loadtest {
namespace {

using http::h3::SocketAddress;

constexpr std::size_t kDatagramBytes = 64 * 1024;
constexpr std::uint64_t kNoError = 0x100;  // H3_NO_ERROR, RFC 9114 section 8.1

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), http::to_lower);
  return lower;
}

}  // namespace

std::optional<ErrorKind> QuicLink::open(int epoll, std::uint32_t index) {
  const auto* address = reinterpret_cast<const sockaddr*>(&target_.address);
  fd_ = ::socket(address->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0 || ::connect(fd_, address, target_.address_length) != 0) return ErrorKind::kNetwork;
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u32 = index}};
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd_, &event) != 0) return ErrorKind::kNetwork;
  sockaddr_storage local{};
  socklen_t size = sizeof(local);
  ::getsockname(fd_, reinterpret_cast<sockaddr*>(&local), &size);
  auto client = http::h3::Client::open(
      {.host = target_.name, .authority = target_.host, .ca_file = target_.ca_file},
      SocketAddress(reinterpret_cast<const sockaddr*>(&local), size),
      SocketAddress(address, target_.address_length));
  if (!client) return ErrorKind::kNetwork;
  client_ = std::move(*client);
  flush();
  return std::nullopt;
}

void QuicLink::close() {
  if (client_) {
    client_->close(kNoError);
    flush();
  }
  client_.reset();
  unsent_.clear();
  in_progress_.clear();
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void QuicLink::send(Tag tag, const http::OutgoingRequest& request) {
  http::h3::ClientRequest copy{.method = std::string(method_name(request.method)),
                               .path = std::string(request.target)};
  if (request.prepared != nullptr) {
    for (const auto [name, value] : request.prepared->lower_fields()) {
      copy.fields.emplace_back(name, value);
    }
  }
  if (request.headers != nullptr) {
    for (const auto [name, value] : *request.headers) {
      copy.fields.emplace_back(lower_case(name), value);
    }
  }
  if (!request.body.empty()) {
    copy.fields.emplace_back("content-length", std::to_string(request.body.size()));
    copy.body = request.body;
  }
  unsent_.push_back({tag, std::move(copy)});
  submit();
}

void QuicLink::submit() {
  std::size_t submitted = 0;
  for (auto& [tag, request] : unsent_) {
    const auto id = client_->request(request);
    if (!id) break;
    in_progress_.push_back({tag, *id});
    ++submitted;
  }
  unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(submitted));
}

bool QuicLink::abandon(Tag tag) {
  std::erase_if(unsent_, [tag](const Unsent& one) { return one.tag == tag; });
  std::erase_if(in_progress_, [this, tag](const InProgress& one) {
    if (one.tag != tag) return false;
    client_->cancel(one.id);
    client_->forget(one.id);
    return true;
  });
  return true;
}

std::optional<ErrorKind> QuicLink::advance(std::uint32_t events) {
  if ((events & (EPOLLIN | EPOLLERR)) != 0) read();
  client_->on_due();
  submit();
  flush();
  answer();
  if (!client_->has_ended()) return std::nullopt;
  const auto& reason = client_->close_error();
  return reason && reason->error_code == kNoError ? ErrorKind::kClosed : ErrorKind::kProtocol;
}

void QuicLink::read() {
  static thread_local std::array<std::uint8_t, kDatagramBytes> room;
  for (;;) {
    const auto n = ::recv(fd_, room.data(), room.size(), 0);
    if (n <= 0) return;  // a refused port shows itself as a time-out
    client_->receive(std::span(room).first(static_cast<std::size_t>(n)));
  }
}

// A packet that the kernel does not take is lost, as on any network, and sent again.
void QuicLink::flush() {
  std::array<std::uint8_t, http::h3::UdpSocket::kMaxPacketBytes> room;
  while (const auto size = client_->write(room)) ::send(fd_, room.data(), size, MSG_NOSIGNAL);
}

void QuicLink::answer() {
  std::erase_if(in_progress_, [this](const InProgress& one) {
    const auto& response = client_->response(one.id);
    if (!response.ended) return false;
    if (response.error) {
      answers_.unanswered(one.tag);
    } else {
      answers_.answered({.tag = one.tag, .status = response.status, .body = response.body});
    }
    client_->forget(one.id);
    return true;
  });
}

}  // namespace souk::loadtest
