#include "http/h3/connection_ids.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <array>

namespace souk::http::h3 {
namespace {

constexpr std::uint32_t kNames = 65'536;  // values of two bytes

}  // namespace

ngtcp2_cid ConnectionIds::make() {
  ngtcp2_cid id{};
  id.datalen = kBytes;
  random_.fill({id.data, kBytes});
  const auto drawn = static_cast<std::uint32_t>(id.data[0] << 8 | id.data[1]);
  auto name =
      drawn - drawn % static_cast<std::uint32_t>(workers_) + static_cast<std::uint32_t>(worker_);
  if (name >= kNames) name -= static_cast<std::uint32_t>(workers_);
  id.data[0] = static_cast<std::uint8_t>(name >> 8);
  id.data[1] = static_cast<std::uint8_t>(name);
  return id;
}

std::size_t ConnectionIds::worker_of(std::span<const std::uint8_t> id) const {
  if (id.size() < 2) return 0;
  return static_cast<std::size_t>(id[0] << 8 | id[1]) % workers_;
}

bool ConnectionIds::attach(int fd, std::size_t workers) {
  // The id follows the first byte of a short header; a long one has the version and a length before
  // it (RFC 8999).
  std::array<sock_filter, 7> program = {{
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x80, 2, 0),
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 1),
      BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
      BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, static_cast<std::uint32_t>(workers)),
      BPF_STMT(BPF_RET | BPF_A, 0),
  }};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &filter, sizeof(filter)) == 0;
}

}  // namespace souk::http::h3
