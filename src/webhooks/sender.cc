#include "webhooks/sender.h"

#include <algorithm>

#include "http/client/client_connection.h"
#include "runtime/await.h"

namespace souk::webhooks {

using runtime::Task;

namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kMaxAnswerBytes = 64 * 1024;

std::chrono::microseconds within(const runtime::Context& context, std::chrono::milliseconds most) {
  const auto left = std::chrono::ceil<std::chrono::microseconds>(context.remaining());
  return std::clamp<std::chrono::microseconds>(left, std::chrono::milliseconds(1), most);
}

}  // namespace

Task<Result<int>> Sender::post(const runtime::Context& context, const Url& url,
                               const http::HeaderList& headers, std::string_view body) {
  const auto address = co_await address_of(url);
  if (!address) co_return std::unexpected(address.error());
  http::ClientConnection::Options options{
      .connect_timeout = within(context, config_.connect_timeout),
      .exchange_timeout = within(context, config_.answer_timeout),
      .limits = {.max_body_bytes = kMaxAnswerBytes},
      .authority = url.authority,
      .tls_name = url.host,
      .body_matters = false};
  if (url.tls) {
    const auto trusted = tls();
    if (!trusted) co_return std::unexpected(trusted.error());
    options.tls = *trusted;
  }
  auto connection = co_await http::ClientConnection::connect(loop_, address->to_string(), url.port,
                                                             std::move(options));
  if (!connection) co_return std::unexpected(connection.error());
  const auto answer = co_await (*connection)
                          ->exchange({.method = http::Method::kPost,
                                      .target = url.target,
                                      .headers = headers,
                                      .body = body});
  if (!answer) co_return std::unexpected(answer.error());
  co_return answer->status;
}

Task<Result<ip::address>> Sender::address_of(const Url& url) {
  std::vector<ip::address> found;
  boost::system::error_code error;
  if (const auto literal = ip::make_address(url.host, error); !error) {
    found.push_back(literal);
  } else {
    ip::tcp::resolver resolver(loop_.io());
    const auto [failure, entries] =
        co_await resolver.async_resolve(url.host, std::to_string(url.port), runtime::await);
    if (failure) {
      co_return fail(ErrorCode::kUnavailable, url.host + " has no address: " + failure.message());
    }
    for (const auto& entry : entries) found.push_back(entry.endpoint().address());
  }
  for (const auto& address : found) {
    if (config_.allow_private_addresses || is_public(address)) co_return address;
  }
  co_return fail(ErrorCode::kUnavailable, url.host + " has no public address");
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
