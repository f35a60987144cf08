#include "webhooks/deliveries.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/backoff.h"
#include "base/json_reader.h"
#include "base/message_signature.h"

namespace souk::webhooks {

using runtime::Context;
using runtime::Task;

namespace {

constexpr int kGone = 410;
constexpr std::chrono::milliseconds kBusyPause{2'000};

struct Message {
  EndpointId endpoint;
  Uuid event_id;
  std::string event;
  std::string body;
};

Message read_message(std::string_view payload) {
  try {
    const JsonReader reader(payload);
    const auto event = reader.root()["event"];
    return {EndpointId{reader.root()["endpointId"].uuid()}, event["id"].uuid(),
            std::string(event["type"].text()), event.json()};
  } catch (const BadJson& error) {
    throw jobs::Rejected(fmt::format("not a delivery: {}", error.what()));
  }
}

// One v1 for each secret; the time is the same.
std::string signature_of(const store::Receiver& receiver, std::string_view body, Timestamp now) {
  auto signature = sign_message(receiver.endpoint.secret, body, now);
  if (receiver.previous_secret) {
    const auto previous = sign_message(*receiver.previous_secret, body, now);
    signature += std::string_view(previous).substr(previous.find(','));
  }
  return signature;
}

bool is_success(int status) { return status >= 200 && status < 300; }

DeliveryState state_of(const Result<int>& answer, bool is_last) {
  if (answer && is_success(*answer)) return DeliveryState::kDelivered;
  return is_last || (answer && *answer == kGone) ? DeliveryState::kFailed
                                                 : DeliveryState::kRetrying;
}

}  // namespace

Deliveries::Deliveries(runtime::Loop& loop, runtime::Offload& threads, postgres::Pool& pool,
                       Config config, Environment environment)
    : loop_(loop),
      pool_(pool),
      config_(std::move(config)),
      environment_(environment),
      metrics_(environment.registry),
      resolver_(loop, threads),
      sender_(loop, resolver_, config_) {}

// One of the kMaxUnderWay concurrent deliveries to a peer.
class Deliveries::Turn {
 public:
  explicit Turn(Peer& peer) : peer_(peer) { ++peer_.under_way; }
  ~Turn() {
    --peer_.under_way;
    peer_.turn.wake_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Peer& peer_;
};

Task<void> Deliveries::run(Context& context, const jobs::Job& job) {
  const auto message = read_message(job.payload);
  const auto receiver =
      co_await store::find(pool_, context, message.endpoint, environment_.clock.now());
  Delivery delivery{.id = {job.id},
                    .endpoint = message.endpoint,
                    .event_id = message.event_id,
                    .event = message.event,
                    .attempts = job.attempt,
                    .status = {},
                    .error = {},
                    .created_at = job.created_at,
                    .attempted_at = {}};
  if (!receiver || !receiver->endpoint.is_active) {
    metrics_.dropped.increment();
    peers_.erase(message.endpoint);
    update_circuit_metrics();
    if (!receiver) co_return;
    delivery.state = DeliveryState::kDropped;
    --delivery.attempts;
    delivery.error = receiver->endpoint.disabled_reason;
    co_return co_await note(context, std::move(delivery));
  }
  const auto peer = peer_of(message.endpoint);
  Result<int> answer;
  try {
    auto pass = co_await wait_for_turn(context, *peer);
    const Turn turn(*peer);
    answer = co_await send(context, *receiver, message.event_id, message.body);
    answer&& is_success(*answer) ? pass.succeeded() : pass.failed(std::chrono::steady_clock::now());
  } catch (const jobs::Postponed& postponed) {
    expect(*peer, postponed.delay());
    update_circuit_metrics();
    throw;
  }
  if (answer) {
    delivery.status = *answer;
  } else {
    delivery.error = answer.error().detail;
  }
  const auto& limits = environment_.jobs;
  delivery.state = state_of(answer, job.attempt >= limits.max_attempts);
  if (delivery.state == DeliveryState::kRetrying) {
    expect(*peer, exponential_backoff(limits.min_backoff, limits.max_backoff, job.attempt));
  }
  update_circuit_metrics();
  co_await note(context, std::move(delivery));
  co_await judge(context, receiver->endpoint, std::move(answer));
}

Task<void> Deliveries::note(Context& context, Delivery delivery) {
  delivery.attempted_at = environment_.clock.now();
  co_await store::record_delivery(pool_, context, delivery);
}

// Endpoints come and go, at most kMaxEndpoints at a time; when there are many peers, idle ones are
// removed.
std::shared_ptr<Deliveries::Peer> Deliveries::peer_of(EndpointId id) {
  if (peers_.size() >= 2 * kMaxEndpoints) {
    std::erase_if(peers_, [](const auto& entry) { return entry.second.use_count() == 1; });
  }
  auto& peer = peers_[id];
  if (!peer) peer = std::make_shared<Peer>(loop_, config_, environment_.random);
  return peer;
}

Task<Circuit::Pass> Deliveries::wait_for_turn(const Context& context, Peer& peer) {
  const auto needed = config_.connect_timeout + config_.answer_timeout;
  while (peer.under_way >= kMaxUnderWay) {
    const bool come = peer.turn.size() < kMaxWaiting && context.remaining() > needed &&
                      co_await peer.turn.wait(context.remaining() - needed);
    if (!come) throw jobs::Postponed("too many deliveries wait for the endpoint", kBusyPause);
  }
  const auto now = std::chrono::steady_clock::now();
  if (auto pass = peer.circuit.admit(now)) co_return *std::move(pass);
  metrics_.breaker_open.increment();
  peer.turn.wake_one();  // the next waiter finds the circuit open too
  throw jobs::Postponed("the endpoint failed too often in a row", peer.circuit.retry_in(now));
}

// So that the receiver's spans lie within this one.
std::string Deliveries::trace_of_call(const Context& context, OpenSpan& span) {
  if (context.spans == nullptr || context.spans->traceparent().empty()) return {};
  auto trace = context.spans->context();
  if (span.is_recorded()) {
    environment_.random.fill(trace.span_id);
    span.identify(trace.span_id);
  }
  return trace.to_traceparent();
}

Task<Result<int>> Deliveries::send(const Context& context, const store::Receiver& receiver,
                                   const Uuid& event_id, std::string_view body) {
  const auto& endpoint = receiver.endpoint;
  const auto url = parse_url(endpoint.url);
  if (!url) co_return std::unexpected(url.error());
  http::HeaderList headers;
  headers.add("Content-Type", http::kJsonType);
  headers.add("User-Agent", "Souk/" SOUK_VERSION);
  headers.add("Souk-Event-Id",
              fmt::format("{}.{}", event_id.to_string(), endpoint.id.value.to_string()));
  headers.add("Souk-Signature", signature_of(receiver, body, environment_.clock.now()));
  const auto begun = std::chrono::steady_clock::now();
  OpenSpan span(context.spans, SpanKind::kCall, "webhook", begun);
  if (const auto trace = trace_of_call(context, span); !trace.empty()) {
    headers.add("traceparent", trace);
  }
  auto answer = co_await sender_.post(context, *url, headers, body);
  metrics_.duration.observe(std::chrono::steady_clock::now() - begun);
  if (answer && is_success(*answer)) span.succeeded();
  if (!answer && answer.error().code == ErrorCode::kOverloaded) {
    throw jobs::Postponed(answer.error().detail, kBusyPause);
  }
  co_return answer;
}

Task<void> Deliveries::judge(Context& context, const Endpoint& endpoint, Result<int> answer) {
  if (answer && is_success(*answer)) {
    metrics_.delivered.increment();
    if (endpoint.failing_since) co_await store::record_success(pool_, context, endpoint.id);
    co_return;
  }
  (answer ? metrics_.refused : metrics_.unreachable).increment();
  if (answer && *answer == kGone) {
    co_await store::disable(pool_, context, endpoint.id, "it answered 410 Gone");
    metrics_.disabled_gone.increment();
    environment_.log.warning("webhook_disabled",
                             {{"endpoint", endpoint.id.value.to_string()}, {"reason", "gone"}});
    co_return;
  }
  co_await record_failure(context, endpoint);
  throw std::runtime_error(answer ? fmt::format("the endpoint answered {}", *answer)
                                  : answer.error().detail);
}

Task<void> Deliveries::record_failure(Context& context, const Endpoint& endpoint) {
  const auto now = environment_.clock.now();
  if (endpoint.failing_since && *endpoint.failing_since >= now - config_.disable_after) co_return;
  if (!co_await store::record_failure(pool_, context, endpoint.id, now,
                                      now - config_.disable_after)) {
    co_return;
  }
  metrics_.disabled_failing.increment();
  environment_.log.warning("webhook_disabled",
                           {{"endpoint", endpoint.id.value.to_string()}, {"reason", "failing"}});
}

void Deliveries::expect(Peer& peer, std::chrono::milliseconds pause) {
  peer.expected_until =
      std::max(peer.expected_until, std::chrono::steady_clock::now() + pause + kMostLate);
}

void Deliveries::update_circuit_metrics() {
  const auto now = std::chrono::steady_clock::now();
  const auto open = std::ranges::count_if(peers_, [now](const auto& entry) {
    const auto& peer = *entry.second;
    return peer.circuit.open() && (peer.under_way > 0 || now < peer.expected_until);
  });
  metrics_.breakers_open.set(static_cast<double>(open));
  if (open > 0) loop_.arm(*this, kLook);
}

}  // namespace souk::webhooks
