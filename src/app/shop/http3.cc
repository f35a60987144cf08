#include "app/shop/http3.h"

#include "base/files.h"

namespace souk::app {
namespace {

// Nodes behind one address share it with the keys of session tickets.
http::h3::Secrets secrets(const std::string& ticket_keys) {
  if (!ticket_keys.empty()) {
    if (const auto keys = read_file(ticket_keys)) return http::h3::Secrets(*keys);
  }
  return http::h3::Secrets::random();
}

}  // namespace

Http3::Http3(const Settings& settings, const http::ServerConfig& server,
             http::ConnectionLimits& limits, std::size_t workers,
             std::shared_ptr<const http::h3::Credentials> credentials)
    : tls_(settings.tls.server),
      credentials_(std::move(credentials)),
      shared_{.server = server,
              .config = settings.http3,
              .limits = limits,
              .credentials = credentials_,
              .secrets = secrets(tls_.ticket_keys),
              .handover = http::h3::Handover(workers)} {}

Result<> Http3::reload() {
  auto credentials = http::h3::Credentials::load(tls_);
  if (!credentials) return std::unexpected(std::move(credentials.error()));
  credentials_.replace(*std::move(credentials));
  return {};
}

}  // namespace souk::app
