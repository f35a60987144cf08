#include "webhooks/webhooks.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/json_writer.h"
#include "jobs/event.h"
#include "jobs/store.h"
#include "webhooks/error_codes.h"
#include "webhooks/store.h"
#include "webhooks/url.h"

namespace souk::webhooks {

using runtime::Context;
using runtime::Task;

namespace {

// "whsec_" and 256 random bits as base64url.
std::string make_secret() {
  std::array<std::uint8_t, 32> bits{};
  ::randombytes_buf(bits.data(), bits.size());
  return "whsec_" + to_base64url(bits);
}

template <class Range>
bool holds(const Range& range, std::string_view one) {
  return std::ranges::find(range, one) != range.end();
}

std::vector<FieldError> wrong_kinds(const std::vector<std::string>& kinds,
                                    std::span<const std::string_view> known) {
  std::vector<FieldError> wrong;
  if (kinds.empty() || kinds.size() > known.size()) {
    wrong.push_back({"/events", fmt::format("must name 1 to {} events", known.size())});
    return wrong;
  }
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (!holds(known, kinds[i])) {
      wrong.push_back({fmt::format("/events/{}", i), "is no event"});
    } else if (holds(std::span(kinds).first(i), kinds[i])) {
      wrong.push_back({fmt::format("/events/{}", i), "stands there twice"});
    }
  }
  return wrong;
}

// Names are checked at each look-up; an address that is never allowed is refused here.
std::vector<FieldError> wrong_url(const std::string& text, const Config& config) {
  const auto url = parse_url(text);
  if (!url) return {{"/url", url.error().detail}};
  if (!url->tls && !config.allow_plain_http) return {{"/url", "the URL must begin with https://"}};
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(url->host, no_address);
  if (no_address || config.allow_private_addresses || is_public(address)) return {};
  return {{"/url", "the URL's address is not a public one"}};
}

// An endpoint gets the events of an order in order; events of other orders and other endpoints do
// not wait. With the endpoint alone as aggregate, all its jobs would wait behind a failing one.
Uuid aggregate_of(EndpointId endpoint, const Uuid& order) {
  auto both = endpoint.value;
  for (std::size_t i = 0; i < both.bytes.size(); ++i) both.bytes[i] ^= order.bytes[i];
  return both;
}

std::string delivery_json(EndpointId endpoint, std::string_view event) {
  Buffer out(event.size() + 80);
  JsonWriter json(out);
  json.begin_object();
  json.member("endpointId", endpoint.value);
  json.key("event");
  json.raw(event);
  json.end_object();
  return std::string(out.view());
}

Error no_such_webhook() { return {ErrorCode::kNotFound, "there is no webhook with this id"}; }

Result<Endpoint> known(std::optional<Endpoint> endpoint) {
  if (endpoint) return *std::move(endpoint);
  return std::unexpected(no_such_webhook());
}

}  // namespace

Task<Result<Endpoint>> Webhooks::add(Context& context, EndpointDraft draft) {
  auto wrong = wrong_url(draft.url, config_);
  std::ranges::move(wrong_kinds(draft.kinds, kinds_), std::back_inserter(wrong));
  if (!wrong.empty()) {
    co_return fail(ErrorCode::kValidationFailed, "this webhook cannot be kept", std::move(wrong));
  }
  Endpoint endpoint{.id = EndpointId{ids_.next()},
                    .url = std::move(draft.url),
                    .secret = make_secret(),
                    .kinds = std::move(draft.kinds),
                    .disabled_reason = {},
                    .failing_since = {},
                    .created_at = clock_.now()};
  if (!co_await store::insert(pool_, context, endpoint)) {
    co_return fail(ErrorCode::kLimitReached,
                   fmt::format("there are {} webhooks, the most there may be", kMaxEndpoints));
  }
  co_return endpoint;
}

Task<std::vector<Endpoint>> Webhooks::list(Context& context) {
  co_return co_await store::list(pool_, context);
}

Task<Result<Endpoint>> Webhooks::enable(Context& context, EndpointId id) {
  co_return known(co_await store::enable(pool_, context, id));
}

Task<Result<ReplacedSecret>> Webhooks::replace_secret(Context& context, EndpointId id) {
  const auto until = clock_.now() + kSecretOverlap;
  auto replaced = known(co_await store::replace_secret(pool_, context, id, make_secret(), until));
  if (!replaced) co_return std::unexpected(std::move(replaced.error()));
  co_return ReplacedSecret{*std::move(replaced), until};
}

Task<Result<Uuid>> Webhooks::test(Context& context, EndpointId id) {
  const auto found = co_await store::find(pool_, context, id, clock_.now());
  if (!found) co_return std::unexpected(no_such_webhook());
  if (!found->endpoint.is_active) {
    co_return fail(errors::kWebhookDisabled, found->endpoint.disabled_reason.value_or(""));
  }
  const jobs::Job event{.id = ids_.next(),
                        .kind = std::string(kTestKind),
                        .aggregate = id.value,
                        .payload = "{}",
                        .created_at = clock_.now()};
  // An aggregate of its own: it waits for no failing delivery.
  const jobs::NewJob delivery{.kind = std::string(kJobKind),
                              .aggregate = aggregate_of(id, event.id),
                              .payload = delivery_json(id, jobs::event_json(event)),
                              .trace = runtime::traceparent_of(context)};
  auto transaction = co_await pool_.begin(context);
  co_await transaction.pipeline_and_commit(jobs::store::append({&delivery, 1}, ids_));
  notifier_.notify();
  co_return event.id;
}

Task<Result<DeliveryPage>> Webhooks::deliveries(Context& context, EndpointId id,
                                                std::optional<DeliveryId> before,
                                                std::size_t limit) {
  if (!co_await store::find(pool_, context, id, clock_.now())) {
    co_return std::unexpected(no_such_webhook());
  }
  DeliveryPage page{.items = co_await store::deliveries(pool_, context, id, before, limit),
                    .next = {}};
  if (page.items.size() > limit) {
    page.items.resize(limit);
    page.next = page.items.back().id;
  }
  co_return page;
}

Task<Result<>> Webhooks::remove(Context& context, EndpointId id) {
  if (co_await store::remove(pool_, context, id)) co_return Result<>();
  co_return std::unexpected(no_such_webhook());
}

Task<void> Subscriptions::consume(Context& context, jobs::EventBatch& events,
                                  std::vector<jobs::NewJob>& jobs) {
  const auto endpoints = co_await store::list(pool_, context);
  std::vector<std::string> kinds;
  for (const auto& endpoint : endpoints) {
    if (endpoint.is_active) std::ranges::copy(endpoint.kinds, std::back_inserter(kinds));
  }
  for (const auto* event : co_await events.told(context, kinds)) {
    std::string body;
    for (const auto& endpoint : endpoints) {
      if (!endpoint.is_active || !holds(endpoint.kinds, event->kind)) continue;
      if (body.empty()) body = jobs::event_json(*event);
      jobs.push_back({.kind = std::string(kJobKind),
                      .aggregate = aggregate_of(endpoint.id, event->aggregate),
                      .payload = delivery_json(endpoint.id, body),
                      .trace = event->trace});
    }
  }
}

}  // namespace souk::webhooks
