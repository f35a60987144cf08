#include "loadtest/link.h"

#include "loadtest/quic_link.h"
#include "loadtest/tcp_link.h"

namespace souk::loadtest {

std::unique_ptr<Link> make_link(Protocol protocol, const http::Target& target,
                                http::ClientSession::Answers& answers) {
  if (protocol == Protocol::kHttp3) return std::make_unique<QuicLink>(target, answers);
  return std::make_unique<TcpLink>(protocol == Protocol::kHttp2, target, answers);
}

}  // namespace souk::loadtest
