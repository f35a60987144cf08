#include "http/server/proxy_preamble.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "runtime/await.h"

namespace souk::http {
namespace {

using std::string_view_literals::operator""sv;

constexpr auto kSignature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kBinaryHead = 16;  // signature, command, family, length
constexpr unsigned char kVersion2 = 0x20;
constexpr unsigned char kOfProxy = 1;  // the command: announces a client
constexpr unsigned char kIpv4 = 1;     // families, in the upper half of their byte
constexpr unsigned char kIpv6 = 2;
constexpr std::size_t kIpv4Bytes = 12;  // two addresses and two ports
constexpr std::size_t kIpv6Bytes = 36;

constexpr auto kText = "PROXY "sv;
constexpr auto kTextUnknown = "UNKNOWN"sv;
constexpr auto kTextEnd = "\r\n"sv;

unsigned char byte(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

std::size_t binary_length(std::string_view header) {
  return std::size_t{byte(header, 14)} << 8 | byte(header, 15);
}

template <std::size_t N>
IpAddress address_at(std::string_view header, std::size_t at) {
  std::array<std::uint8_t, N> address{};
  std::ranges::copy(header.substr(at, N), address.begin());
  return IpAddress(address);
}

std::string_view take_word(std::string_view& line) {
  const auto space = line.find(' ');
  const auto word = line.substr(0, space);
  line.remove_prefix(space == line.npos ? line.size() : space + 1);
  return word;
}

}  // namespace

bool ProxyHeaderParser::is_binary() const {
  return std::string_view(bytes_).starts_with(kSignature.substr(0, bytes_.size()));
}

bool ProxyHeaderParser::is_text() const {
  return std::string_view(bytes_).starts_with(kText.substr(0, bytes_.size()));
}

std::size_t ProxyHeaderParser::wants() const {
  // Both versions are longer than the signature.
  if (is_malformed()) return 0;
  if (bytes_.size() < kSignature.size()) return kSignature.size() - bytes_.size();
  if (is_text()) {
    if (bytes_.ends_with(kTextEnd)) return 0;
    return bytes_.ends_with(kTextEnd.front()) ? 1 : 2;
  }
  if (bytes_.size() < kBinaryHead) return kBinaryHead - bytes_.size();
  return kBinaryHead + binary_length(bytes_) - bytes_.size();
}

bool ProxyHeaderParser::is_malformed() const {
  if (is_text()) {
    if (bytes_.size() > kMaxTextBytes) return true;
    const bool complete = bytes_.ends_with(kTextEnd);
    return complete && !client() && !bytes_.substr(kText.size()).starts_with(kTextUnknown);
  }
  if (!is_binary()) return true;
  if (bytes_.size() < kBinaryHead) return false;
  const auto command = byte(bytes_, 12);
  const auto length = binary_length(bytes_);
  if ((command & 0xf0) != kVersion2 || (command & 0x0f) > kOfProxy || length > kMaxBytes) {
    return true;
  }
  if ((command & 0x0f) != kOfProxy) return false;
  const auto family = byte(bytes_, 13) >> 4;
  return (family == kIpv4 && length < kIpv4Bytes) || (family == kIpv6 && length < kIpv6Bytes);
}

std::optional<IpAddress> ProxyHeaderParser::client() const {
  if (!is_text()) {
    if ((byte(bytes_, 12) & 0x0f) != kOfProxy) return std::nullopt;
    const auto family = byte(bytes_, 13) >> 4;
    if (family == kIpv4) return address_at<4>(bytes_, kBinaryHead);
    if (family == kIpv6) return address_at<16>(bytes_, kBinaryHead);
    return std::nullopt;
  }
  auto line = std::string_view(bytes_).substr(kText.size());
  line.remove_suffix(kTextEnd.size());
  const auto family = take_word(line);
  if (family != "TCP4" && family != "TCP6") return std::nullopt;
  return IpAddress::parse(take_word(line));
}

ProxyPreamble::ProxyPreamble(runtime::Loop& loop, int fd)
    : loop_(loop), socket_(loop.io().get_executor(), fd) {}

runtime::Task<ProxyPreamble::Outcome> ProxyPreamble::read(
    std::chrono::steady_clock::duration at_most) {
  loop_.arm(*this, at_most);
  std::array<char, 256> room;
  while (!closed_ && !late_) {
    const auto wanted = std::min(parser_.wants(), room.size());
    if (wanted == 0) {
      cancel();
      co_return parser_.is_malformed() ? Outcome::kMalformed : Outcome::kRead;
    }
    const auto n = ::recv(socket_.native_handle(), room.data(), wanted, 0);
    if (n > 0) {
      parser_.took({room.data(), static_cast<std::size_t>(n)});
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      co_await socket_.async_wait(decltype(socket_)::wait_read, runtime::await);
    } else if (n == 0 || errno != EINTR) {
      co_return Outcome::kClosed;
    }
  }
  co_return late_ ? Outcome::kLate : Outcome::kClosed;
}

void ProxyPreamble::stop_waiting() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void ProxyPreamble::on_timer() {
  late_ = true;
  stop_waiting();
}

void ProxyPreamble::close() {
  closed_ = true;
  stop_waiting();
}

}  // namespace souk::http
