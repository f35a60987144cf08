#include "redis/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/parse.h"

namespace souk::redis {
namespace {

constexpr int kMaxDatabase = 65'535;

std::unexpected<Error> refuse(std::string detail) {
  return fail(ErrorCode::kValidationFailed, "the Redis URL " + std::move(detail));
}

// The part before the separator, which is taken off together with it; the whole where there is
// none.
std::string_view take_until(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

// Any byte but NUL, which no path and no setting may hold.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      bytes += text[i];
      continue;
    }
    const auto digits = text.substr(i + 1, 2);
    std::uint8_t byte = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2 || byte == 0) {
      return std::nullopt;
    }
    bytes += static_cast<char>(byte);
    i += 2;
  }
  return bytes;
}

Result<> decode_into(std::string& part, std::string_view text, std::string_view name) {
  auto decoded = percent_decoded(text);
  if (!decoded) return refuse(fmt::format("has a bad percent-encoding in its {}", name));
  if (!part.empty()) return refuse(fmt::format("names its {} twice", name));
  part = std::move(*decoded);
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

Result<> read_credentials(Url& url, std::string_view text) {
  const auto user = take_until(text, ':');
  if (auto done = decode_into(url.user, user, "user"); !done) return done;
  return decode_into(url.password, text, "password");
}

Result<> read_host(Url& url, std::string_view text) {
  if (text.starts_with('[')) {
    text.remove_prefix(1);
    if (!text.contains(']')) return refuse("lacks the ']' after its IPv6 address");
    url.host = take_until(text, ']');
    if (!text.empty() && !text.starts_with(':')) return refuse("has text after its ']'");
    if (!text.empty()) text.remove_prefix(1);
  } else if (auto done = decode_into(url.host, take_until(text, ':'), "host"); !done) {
    return done;
  }
  if (url.host.empty()) return refuse("names no host");
  if (text.empty()) return {};
  const auto port = parse_integer(text);
  if (!port || *port < 1 || *port > 65'535) return refuse("needs a port from 1 to 65535");
  url.port = static_cast<std::uint16_t>(*port);
  return {};
}

Result<> read_path(Url& url, std::string_view text) {
  if (auto done = decode_into(url.path, text, "path"); !done) return done;
  if (!url.path.starts_with('/') || url.path.size() == 1) {
    return refuse("needs an absolute path, as in unix:///run/redis/redis.sock");
  }
  if (url.path.size() > kMaxSocketPathBytes) {
    return refuse(fmt::format("has a path of more than {} bytes", kMaxSocketPathBytes));
  }
  return {};
}

Result<> read_query(Url& url, std::string_view query) {
  while (!query.empty()) {
    auto value = take_until(query, '&');
    const auto name = take_until(value, '=');
    Result<> done;
    if (name == "db") {
      done = read_database(url, value);
    } else if (name == "user") {
      done = decode_into(url.user, value, "user");
    } else if (name == "password") {
      done = decode_into(url.password, value, "password");
    } else {
      done = refuse("has a query other than db, user and password");
    }
    if (!done) return done;
  }
  return {};
}

Result<> read_place(Url& url, bool unix, std::string_view authority, std::string_view path) {
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    if (auto done = read_credentials(url, authority.substr(0, at)); !done) return done;
    authority.remove_prefix(at + 1);
  }
  if (unix) {
    if (!authority.empty()) return refuse("needs three slashes, as in unix:///path");
    return read_path(url, path);
  }
  if (auto done = read_host(url, authority); !done) return done;
  return path.size() <= 1 ? Result<>() : read_database(url, path.substr(1));
}

}  // namespace

std::string Url::place() const {
  if (!path.empty()) return fmt::format("{}/{}", path, database);
  if (host.contains(':')) return fmt::format("[{}]:{}/{}", host, port, database);
  return fmt::format("{}:{}/{}", host, port, database);
}

Result<Url> parse_url(std::string_view text) {
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) {
    return refuse("needs a scheme: redis://host:port/number or unix:///path");
  }
  const auto scheme = text.substr(0, colon);
  const bool unix = scheme == "unix" || scheme == "redis+unix";
  const bool tls = scheme == "rediss";
  if (!unix && !tls && scheme != "redis") {
    return refuse("has a scheme other than redis, rediss and unix");
  }

  auto query = text.substr(colon + 3);
  const auto place = take_until(query, '?');
  const auto slash = std::min(place.find('/'), place.size());
  Url url;
  url.tls = tls;
  if (auto done = read_place(url, unix, place.substr(0, slash), place.substr(slash)); !done) {
    return std::unexpected(std::move(done.error()));
  }
  if (auto done = read_query(url, query); !done) return std::unexpected(std::move(done.error()));
  if (!url.user.empty() && url.password.empty()) {
    return refuse("names a user but no password; a password alone is written redis://:password@");
  }
  return url;
}

}  // namespace souk::redis
