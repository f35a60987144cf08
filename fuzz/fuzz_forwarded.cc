// Headers in which proxies name clients: with any input from a client, the limits count the address
// that the trusted proxy appends.
#include <string>

#include "base/assert.h"
#include "http/client_rules.h"

namespace souk::http {
namespace {

void read(ProxyHeader header, std::string_view name, std::string_view sent,
          std::string_view appended) {
  const ClientRules rules({.trusted_proxies = {"10.0.0.0/8"}, .proxy_header = header});
  const auto proxy = rules.peer(*IpAddress::parse("10.0.0.1"));
  Headers headers;
  headers.add(name, sent);
  rules.of_request(proxy, headers);  // any result; it must end

  const auto one_field = std::string(sent).append(", ").append(appended);
  headers.clear();
  headers.add(name, one_field);
  SOUK_ASSERT(rules.of_request(proxy, headers).text() == "203.0.113.7");

  headers.clear();
  headers.add(name, sent);
  headers.add(name, appended);
  SOUK_ASSERT(rules.of_request(proxy, headers).text() == "203.0.113.7");
}

}  // namespace
}  // namespace souk::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using souk::http::ProxyHeader;
  const std::string_view sent(reinterpret_cast<const char*>(data), size);
  souk::http::read(ProxyHeader::kXForwardedFor, "X-Forwarded-For", sent, "203.0.113.7");
  souk::http::read(ProxyHeader::kForwarded, "Forwarded", sent,
                   "for=\"203.0.113.7:80\";by=\"a,\\\"b\"");
  return 0;
}
