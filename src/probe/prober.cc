#include "probe/prober.h"

#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <array>

#include "http/client/client_connection.h"
#include "runtime/scope.h"

namespace souk::probe {
namespace {

using runtime::Task;
using Steady = std::chrono::steady_clock;

constexpr int kFirstErrorOfServers = 500;

std::string ip_of(const http::Target& target) {
  std::array<char, NI_MAXHOST> text{};
  ::getnameinfo(reinterpret_cast<const sockaddr*>(&target.address), target.address_length,
                text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
  return text.data();
}

// Errors: why the probe failed.
Task<Result<>> probe_once(runtime::Loop& loop, const Address& address, const ProbeConfig& config) {
  const auto& target = address.target;
  auto connection = co_await http::ClientConnection::connect(loop, ip_of(target), target.port,
                                                             {.connect_timeout = config.timeout,
                                                              .exchange_timeout = config.timeout,
                                                              .authority = target.host,
                                                              .tls = target.tls.get(),
                                                              .tls_name = target.name,
                                                              .one_exchange = true});
  if (!connection) co_return std::unexpected(connection.error());
  const http::HeaderList headers;
  const auto response =
      co_await (*connection)->exchange({.target = address.path, .headers = headers});
  if (!response) co_return std::unexpected(response.error());
  if (response->status >= kFirstErrorOfServers) {
    co_return fail(ErrorCode::kUnavailable, fmt::format("status {}", response->status));
  }
  co_return Result<>();
}

// A late probe is not made up for: the next is due at the next multiple of the interval.
Task<void> watch(runtime::Loop& loop, const Address& address, const ProbeConfig& config,
                 runtime::Event& stop, const OutageCallback& on_outage,
                 Availability& availability) {
  for (auto due = availability.begun();; due += config.interval) {
    const auto now = Steady::now();
    if (due < now) due += (now - due) / config.interval * config.interval;
    if (co_await stop.wait(due - now)) break;
    if (const auto result = co_await probe_once(loop, address, config); result) {
      if (const auto ended = availability.succeeded(due)) on_outage(address, *ended, true);
    } else if (availability.failed(due, result.error().detail)) {
      on_outage(address, {.begun = due, .reason = result.error().detail}, false);
    }
  }
  availability.end(Steady::now());
}

}  // namespace

Result<Address> Address::parse(std::string url, const std::string& ca_file) {
  const auto scheme = url.find("://");
  const auto path = scheme == url.npos ? url.npos : url.find('/', scheme + 3);
  auto target = http::parse_target(url.substr(0, path), ca_file);
  if (!target) return std::unexpected(std::move(target.error()));
  std::string rest = path == url.npos ? "/" : url.substr(path);
  const auto is_plain = [](char c) { return c > ' ' && c < '\x7f' && c != '#'; };
  if (!std::ranges::all_of(rest, is_plain)) {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("\"{}\" must be a URL, percent-encoded, without a fragment", url));
  }
  return Address{.url = std::move(url), .target = *std::move(target), .path = std::move(rest)};
}

Task<std::vector<Availability>> probe(runtime::Loop& loop, const std::vector<Address>& addresses,
                                      const ProbeConfig& config, runtime::Event& stop,
                                      const OutageCallback& on_outage) {
  std::vector<Availability> all(addresses.size(), Availability(Steady::now()));
  runtime::Scope scope(loop);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    scope.spawn(watch(loop, addresses[i], config, stop, on_outage, all[i]));
  }
  co_await scope.join();
  co_return all;
}

}  // namespace souk::probe
