#include "api/operation/routes.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/operation/audited.h"
#include "orders/types.h"

namespace souk::api {
namespace {

constexpr std::string_view kKeyField = "Idempotency-Key";

http::Quota quota_of(const Operation& operation) {
  if (operation.quota) return *operation.quota;
  if (operation.access == kAdmin) return http::Quota::kAdmin;
  return operation.method == http::Method::kGet ? http::Quota::kReads : http::Quota::kChanges;
}

bool is_printable(char c) { return c >= 0x20 && c < 0x7f; }

bool has_secrets(const Component& component);

bool has_secrets(const Type& type) {
  if (type.items != nullptr) return has_secrets(*type.items);
  return type.component != nullptr && has_secrets(*type.component);
}

bool has_secrets(const Component& component) {
  return std::ranges::any_of(component.members, [](const Member& member) {
    return member.facets->is_secret || has_secrets(*member.type);
  });
}

}  // namespace

bool holds_secrets(const Operation& operation) {
  return std::ranges::any_of(operation.answers, [](const Reply& reply) {
    return reply.component != nullptr && has_secrets(*reply.component);
  });
}

http::Route route_of(const Operation& operation) {
  http::Route route{.method = operation.method,
                    .path = std::string(operation.path),
                    .name = std::string(operation.name),
                    .access = operation.access,
                    .priority = operation.priority,
                    .quota = quota_of(operation),
                    .served_on = operation.served_on,
                    .statement_budget = statement_budget(operation)};
  if (operation.takes.component != nullptr) {
    const bool whole = operation.takes.types.empty();
    route.takes = whole ? http::Takes::kBody : http::Takes::kPieces;
    route.max_body_bytes = operation.takes.max_bytes;
  }
  if (operation.query != nullptr) {
    for (const auto& member : operation.query->members) route.query.push_back(member.name);
  }
  route.conditional = operation.has_etag;
  route.holds_secrets = holds_secrets(operation);
  return route;
}

void Routes::add(const Operation& operation, http::Handler handler) {
  auto route = route_of(operation);
  route.handler = std::move(handler);
  routers_.add(std::move(route));
}

runtime::Task<http::Response> Routes::respond(Answer answer) {
  co_return response_of(co_await std::move(answer));
}

Result<IdempotencyKey> idempotency_key(const http::Request& request) {
  const auto key = request.headers.find(kKeyField);
  if (!key) return IdempotencyKey();
  if (key->empty() || key->size() > kMaxIdempotencyKeyLength ||
      !std::ranges::all_of(*key, is_printable) || request.headers.count(kKeyField) > 1) {
    auto reason = fmt::format("must be one field of 1 to {} printable ASCII characters",
                              kMaxIdempotencyKeyLength);
    auto detail = fmt::format("{} {}", kKeyField, reason);
    return fail(ErrorCode::kInvalidRequest, std::move(detail),
                {{std::string(kKeyField), std::move(reason)}});
  }
  return IdempotencyKey{std::string(*key)};
}

http::Response replayed(http::Response response, bool is_replay) {
  if (is_replay) response.headers.add("Idempotency-Replayed", "true");
  return response;
}

}  // namespace souk::api
