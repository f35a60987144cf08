#include "app/unprotected.h"

#include <fmt/format.h>

#include <sstream>

#include "app/conninfo.h"
#include "base/client_network.h"
#include "redis/url.h"

namespace souk::app {
namespace {

// A unix socket, or this machine by loopback.
bool is_local(const std::string& host) {
  if (host.empty() || host.starts_with('/') || host.starts_with('@') || host == "localhost") {
    return true;
  }
  const auto address = IpAddress::parse(host);
  return address && address->is_loopback();
}

// The first of a list of hosts that is another machine; empty: none.
std::string remote_host(const std::string& hosts) {
  std::istringstream list(hosts);
  for (std::string host; std::getline(list, host, ',');) {
    if (!is_local(host)) return host;
  }
  return {};
}

}  // namespace

std::vector<Unprotected> unprotected_connections(const Settings& settings) {
  std::vector<Unprotected> found;
  const Conninfo database(settings.database.conninfo);
  const auto address = database.value("hostaddr");
  const auto host = remote_host(address.empty() ? database.value("host") : address);
  const auto mode = database.value("sslmode");
  if (!host.empty() && mode != "verify-full" && mode != "verify-ca") {
    found.push_back(
        {"database.url", fmt::format("add sslmode=verify-full and sslrootcert=FILE: without them, "
                                     "anybody between here and {} can read and answer for it",
                                     host)});
  }
  const auto redis = redis::parse_url(settings.redis.url);
  if (redis && redis->path.empty() && !redis->tls && !is_local(redis->host)) {
    found.push_back(
        {"redis.url", fmt::format("begin it with rediss:// and set redis.tls_ca_file: without TLS, "
                                  "anybody between here and {} can read and answer for it",
                                  redis->host)});
  }
  return found;
}

}  // namespace souk::app
