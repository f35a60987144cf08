#include "app/shop/http3.h"

#include <unistd.h>

#include <array>

#include "base/files.h"

namespace souk::app {
namespace {

using http::h3::Credentials;
using http::h3::Secrets;

// Kept over restarts where the ticket keys are in a file: a node can then reset the connections of
// before. Hosts behind one address have other names.
Secrets::Key reset_key(const std::string& ticket_keys, std::uint16_t port) {
  const auto keys = read_file(ticket_keys);
  if (!keys) return Secrets::random().tokens().front();
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return Secrets::reset_key(*keys, std::string(host.data()) + ':' + std::to_string(port));
}

}  // namespace

Http3::Http3(const Settings& settings, const http::ServerConfig& server,
             http::ConnectionLimits& limits, std::size_t workers, std::uint16_t port,
             std::shared_ptr<const Credentials> credentials)
    : tls_(settings.tls.server),
      credentials_(std::move(credentials)),
      shared_{.server = server,
              .config = settings.http3,
              .limits = limits,
              .credentials = credentials_,
              .reset_key = reset_key(tls_.ticket_keys, port),
              .handover = http::h3::Handover(workers)} {}

Result<std::shared_ptr<const Credentials>> Http3::load() const {
  return Credentials::load(tls_, credentials_.current()->secrets());
}

}  // namespace souk::app
