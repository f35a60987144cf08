#include "redis/url.h"

#include <fmt/format.h>

#include "base/parse.h"
#include "base/url.h"

namespace souk::redis {
namespace {

constexpr int kMaxDatabase = 65'535;

std::unexpected<Error> refuse(std::string detail) {
  return fail(ErrorCode::kValidationFailed, "the Redis URL " + std::move(detail));
}

Result<> set_once(std::string& part, const std::string& value, std::string_view name) {
  if (!part.empty()) return refuse(fmt::format("names its {} twice", name));
  part = value;
  return {};
}

Result<> read_database(Url& url, std::string_view text) {
  const auto number = parse_integer(text);
  if (!number || *number < 0 || *number > kMaxDatabase) {
    return refuse(fmt::format("needs a database number from 0 to {}", kMaxDatabase));
  }
  url.database = static_cast<int>(*number);
  return {};
}

Result<> read_socket(Url& url, const souk::Url& from) {
  if (!from.authority.empty()) return refuse("needs three slashes, as in unix:///path");
  if (from.path.size() <= 1) {
    return refuse("needs an absolute path, as in unix:///run/redis/redis.sock");
  }
  if (from.path.size() > kMaxSocketPathBytes) {
    return refuse(fmt::format("has a path of more than {} bytes", kMaxSocketPathBytes));
  }
  url.path = from.path;
  return {};
}

Result<> read_host(Url& url, const souk::Url& from) {
  if (from.host.empty()) return refuse("names no host");
  url.host = from.host;
  url.port = from.port.value_or(kDefaultPort);
  return from.path.size() <= 1 ? Result<>() : read_database(url, from.path.substr(1));
}

Result<> read_parameter(Url& url, const std::string& name, const std::string& value) {
  if (name == "db") return read_database(url, value);
  if (name == "user") return set_once(url.user, value, name);
  if (name == "password") return set_once(url.password, value, name);
  return refuse("has a query other than db, user and password");
}

Result<> read(Url& url, const souk::Url& from) {
  const bool socket = from.scheme == "unix" || from.scheme == "redis+unix";
  url.tls = from.scheme == "rediss";
  if (!socket && !url.tls && from.scheme != "redis") {
    return refuse("has a scheme other than redis, rediss and unix");
  }
  url.user = from.user;
  url.password = from.password;
  if (auto done = socket ? read_socket(url, from) : read_host(url, from); !done) return done;
  for (const auto& [name, value] : from.query) {
    if (auto done = read_parameter(url, name, value); !done) return done;
  }
  if (from.has_fragment) return refuse("has a fragment; a '#' is written %23");
  if (!url.user.empty() && url.password.empty()) {
    return refuse("names a user but no password; a password alone is written redis://:password@");
  }
  return {};
}

}  // namespace

std::string Url::place() const {
  if (!path.empty()) return fmt::format("{}/{}", path, database);
  if (host.contains(':')) return fmt::format("[{}]:{}/{}", host, port, database);
  return fmt::format("{}:{}/{}", host, port, database);
}

Result<Url> parse_url(std::string_view text) {
  const auto parts = souk::parse_url(text);
  if (!parts) {
    return refuse(
        "is not of the form redis://host:port/number or unix:///path, or a part of it is not "
        "percent-encoded");
  }
  Url url;
  if (auto done = read(url, *parts); !done) return std::unexpected(std::move(done.error()));
  return url;
}

}  // namespace souk::redis
