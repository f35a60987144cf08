#include "webhooks/sender.h"

#include <algorithm>

namespace souk::webhooks {

using runtime::Task;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kMaxAnswerBytes = 64 * 1024;
constexpr std::size_t kMaxAddresses = 8;  // tried per name

std::chrono::microseconds within(const runtime::Context& context, std::chrono::milliseconds most) {
  const auto left = std::chrono::ceil<std::chrono::microseconds>(context.remaining());
  return std::clamp<std::chrono::microseconds>(left, std::chrono::milliseconds(1), most);
}

}  // namespace

Task<Result<int>> Sender::post(const runtime::Context& context, const Url& url,
                               const http::HeaderList& headers, std::string_view body) {
  const auto until = steady_clock::now() + within(context, config_.connect_timeout);
  http::ClientConnection::Options options{
      .exchange_timeout = within(context, config_.answer_timeout),
      .limits = {.max_body_bytes = kMaxAnswerBytes},
      .authority = url.authority,
      .tls_name = url.host,
      .one_exchange = true,
      .body_matters = false};
  if (!url.tls && !config_.allow_plain_http) {
    co_return fail(ErrorCode::kUnavailable, "http:// is not allowed: webhooks.allow_plain_http");
  }
  if (url.tls) {
    const auto trusted = tls();
    if (!trusted) co_return std::unexpected(trusted.error());
    options.tls = *trusted;
  }
  const auto connection = co_await connect(url, std::move(options), until);
  if (!connection) co_return std::unexpected(connection.error());
  const auto answer = co_await (*connection)
                          ->exchange({.method = http::Method::kPost,
                                      .target = url.target,
                                      .headers = headers,
                                      .body = body});
  if (!answer) co_return std::unexpected(answer.error());
  co_return answer->status;
}

// The allowed addresses of the URL's host; at least one.
Task<Result<Resolver::Addresses>> Sender::addresses_of(const Url& url, Time until) {
  auto found = co_await resolver_.resolve(url.host, until - steady_clock::now());
  if (!found) co_return found;
  std::erase_if(*found, [this](const auto& address) {
    return !config_.allow_private_addresses && !is_public(address);
  });
  if (found->empty()) co_return fail(ErrorCode::kUnavailable, url.host + " has no public address");
  if (found->size() > kMaxAddresses) found->resize(kMaxAddresses);
  co_return found;
}

// Tries one address after the other, each with a share of the remaining time, so that a silent one
// leaves some for the next.
Task<Result<Sender::Connection>> Sender::connect(const Url& url,
                                                 http::ClientConnection::Options options,
                                                 Time until) {
  const auto addresses = co_await addresses_of(url, until);
  if (!addresses) co_return std::unexpected(addresses.error());
  Result<Connection> connection;
  auto untried = static_cast<int>(addresses->size());
  for (const auto& address : *addresses) {
    const auto share = (until - steady_clock::now()) / untried--;
    options.connect_timeout = std::max(std::chrono::ceil<std::chrono::microseconds>(share),
                                       std::chrono::microseconds(1'000));
    connection =
        co_await http::ClientConnection::connect(loop_, address.to_string(), url.port, options);
    if (connection) break;
  }
  co_return connection;
}

Result<const runtime::TlsContext*> Sender::tls() {
  if (!tls_) {
    auto made = runtime::TlsContext::trusting(config_.tls_ca_file);
    if (!made) return std::unexpected(made.error());
    tls_ = *std::move(made);
  }
  return &*tls_;
}

}  // namespace souk::webhooks
