#include "http/client_rules.h"

#include <algorithm>
#include <optional>
#include <ranges>
#include <string>

#include "http/syntax.h"

namespace souk::http {
namespace {

constexpr std::string_view kForwarded = "forwarded";
constexpr std::string_view kXForwardedFor = "x-forwarded-for";

// Whether the quote at `i` is escaped within a quoted string: \"
bool is_escaped(std::string_view text, std::size_t i) {
  std::size_t backslashes = 0;
  while (backslashes < i && text[i - backslashes - 1] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

// Removes and returns the last element of a comma-separated list. Commas in quotes do not separate.
// Quotes are matched from the end, which a trusted proxy wrote, so that an unclosed quote sent by
// the client cannot hide it.
std::string_view take_last(std::string_view& list) {
  bool quoted = false;
  for (std::size_t i = list.size(); i-- > 0;) {
    if (list[i] == '"' && !is_escaped(list, i)) quoted = !quoted;
    if (list[i] != ',' || quoted) continue;
    const auto element = list.substr(i + 1);
    list = list.substr(0, i);
    return syntax::trim(element);
  }
  return syntax::trim(std::exchange(list, {}));
}

// Removes and returns the part before the first `separator` outside of quotes.
std::string_view take_first(std::string_view& text, char separator) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"' && !is_escaped(text, i)) quoted = !quoted;
    if (text[i] != separator || quoted) continue;
    const auto part = text.substr(0, i);
    text.remove_prefix(i + 1);
    return syntax::trim(part);
  }
  return syntax::trim(std::exchange(text, {}));
}

// Nothing when a quote is not closed.
std::optional<std::string> unquote(std::string_view value) {
  if (!value.starts_with('"')) return std::string(value);
  if (value.size() < 2 || !value.ends_with('"') || is_escaped(value, value.size() - 1)) {
    return std::nullopt;
  }
  std::string text;
  for (std::size_t i = 1; i + 1 < value.size(); ++i) {
    if (value[i] == '\\') ++i;
    text += value[i];
  }
  return text;
}

bool is_port(std::string_view text) {
  const bool is_number = text.size() <= 5 && text.find_first_not_of("0123456789") == text.npos;
  const bool is_obfuscated = text.size() > 1 && text.front() == '_' && syntax::is_token(text);
  return !text.empty() && (is_number || is_obfuscated);
}

// RFC 7239 section 6: an address (IPv6 in brackets) with an optional port. X-Forwarded-For may have
// IPv6 addresses without brackets.
std::optional<IpAddress> parse_node(std::string_view node) {
  const bool bracketed = node.starts_with('[');
  const auto end = bracketed ? node.find(']') : node.size();
  if (end == node.npos) return std::nullopt;
  auto address = node.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end);
  auto rest = bracketed ? node.substr(end + 1) : std::string_view();
  if (!bracketed && std::ranges::count(node, ':') == 1) {
    const auto colon = node.find(':');
    address = node.substr(0, colon);
    rest = node.substr(colon);
  }
  if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return std::nullopt;
  const auto parsed = IpAddress::parse(address);
  return parsed && bracketed && !address.contains(':') ? std::nullopt : parsed;
}

// The value of the `for` parameter of an element: for=192.0.2.60;proto=http
std::optional<IpAddress> parse_forwarded(std::string_view element) {
  std::optional<std::string> node;
  while (!element.empty()) {
    auto value = take_first(element, ';');
    const auto name = take_first(value, '=');
    if (!equals_ignoring_case(name, "for")) continue;
    if (node) return std::nullopt;  // two are ambiguous
    node = unquote(value);
    if (!node) return std::nullopt;
  }
  return node ? parse_node(*node) : std::nullopt;
}

}  // namespace

ClientRules::ClientRules(const ServerConfig& config)
    : trusted_(AddressBlocks::parse(config.trusted_addresses).value()),
      proxies_(AddressBlocks::parse(config.trusted_proxies).value()),
      header_(config.proxy_header) {}

Result<> ClientRules::check(const ServerConfig& config) {
  for (const auto* items : {&config.trusted_addresses, &config.trusted_proxies}) {
    if (const auto blocks = AddressBlocks::parse(*items); !blocks) {
      return std::unexpected(blocks.error());
    }
  }
  return {};
}

Peer ClientRules::peer(const IpAddress& address) const {
  const bool is_proxy = proxies_.contains(address);
  const bool is_limited = !is_proxy && !trusted_.contains(address);
  return {address, is_limited ? ClientNetwork(address) : ClientNetwork(), is_proxy};
}

bool ClientRules::names_client(const Headers& headers) {
  return std::ranges::any_of(headers, [](const HeaderField& field) {
    return equals_ignoring_case(field.name, kXForwardedFor) ||
           equals_ignoring_case(field.name, kForwarded);
  });
}

ClientNetwork ClientRules::named_by_proxies(const Headers& headers) const {
  const bool standard = header_ == ProxyHeader::kForwarded;
  const std::string_view name = standard ? kForwarded : kXForwardedFor;
  std::size_t hops = 0;
  // Several fields of that name are one list (RFC 9110 section 5.3).
  for (const auto& field : headers | std::views::reverse) {
    if (!equals_ignoring_case(field.name, name)) continue;
    for (auto list = field.value; !list.empty();) {
      const auto element = take_last(list);
      if (element.empty()) continue;
      if (++hops > kMaxHops) return {};
      const auto hop = standard ? parse_forwarded(element) : parse_node(element);
      if (!hop) return {};
      if (const auto client = peer(*hop); !client.is_proxy) return client.network;
    }
  }
  return {};
}

}  // namespace souk::http
