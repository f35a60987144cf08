#include "http/client/blocking_request.h"

#include <fmt/format.h>

#include "http/client/client_connection.h"

namespace souk::http {
namespace {

constexpr std::chrono::seconds kTimeout{30};

runtime::Task<Result<BlockingResponse>> exchange(runtime::Loop& loop, const Target& target,
                                                 const BlockingRequest& request) {
  HeaderList headers;
  if (!request.token.empty()) headers.add("Authorization", fmt::format("Bearer {}", request.token));
  if (!request.json.empty()) headers.add("Content-Type", kJsonType);
  if (request.headers != nullptr) {
    for (const auto& [name, value] : *request.headers) headers.add(name, value);
  }
  auto connection = co_await ClientConnection::connect(loop, target.numeric_address(), target.port,
                                                       {.connect_timeout = kTimeout,
                                                        .exchange_timeout = kTimeout,
                                                        .authority = target.host,
                                                        .tls = target.tls.get(),
                                                        .tls_name = target.name,
                                                        .one_exchange = true});
  if (!connection) co_return std::unexpected(connection.error());
  const auto response = co_await (*connection)
                            ->exchange({.method = request.method,
                                        .target = request.path_and_query,
                                        .headers = headers,
                                        .body = request.json});
  if (!response) co_return std::unexpected(response.error());
  co_return BlockingResponse{response->status, std::string(response->body)};
}

}  // namespace

Result<BlockingResponse> request_blocking(const Target& target, const BlockingRequest& request) {
  runtime::Loop loop;
  auto response = loop.run_until_done(exchange(loop, target, request));
  if (!response) {
    auto& error = response.error();
    error.detail = fmt::format("{}: {}", target.url(), error.detail);
  }
  return response;
}

}  // namespace souk::http
