// URL parsing (RFC 3986). Wraps Boost.URL to keep its headers out of other files.
// Threading: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace souk {

struct Url {
  std::string scheme;     // in lower case
  std::string authority;  // host and port as in the URL
  std::string user;       // decoded, like all members below except `target`
  std::string password;
  std::string host;  // a name or an address, IPv6 without its brackets; may be empty
  std::optional<std::uint16_t> port;
  std::string path;
  std::string target;  // path and query as in the URL
  std::vector<std::pair<std::string, std::string>> query;
  bool has_credentials = false;
  bool has_fragment = false;
};

// Nothing when it is no absolute URL with an authority, its port is not from 1 to 65535, or one of
// its parts decodes to text with a NUL.
std::optional<Url> parse_url(std::string_view text);

}  // namespace souk
