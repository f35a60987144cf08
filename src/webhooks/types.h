// Webhook endpoints and their settings.
// Threading: plain values.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace souk::webhooks {

using EndpointId = Id<struct EndpointTag>;

inline constexpr std::size_t kMaxEndpoints = 100;
inline constexpr std::size_t kMaxUrlBytes = 2'000;
// Deliveries of one node to one endpoint: in progress at once, and waiting; more are postponed.
inline constexpr std::size_t kMaxUnderWay = 8;
inline constexpr std::size_t kMaxWaiting = 100;

struct EndpointDraft {
  std::string url;
  std::vector<std::string> kinds;  // of events, e.g. "order.placed"
};

struct Endpoint {
  EndpointId id;
  std::string url;
  std::string secret;
  std::vector<std::string> kinds;
  bool is_active = true;
  std::optional<std::string> disabled_reason;
  std::optional<Timestamp> failing_since;  // nothing: the last delivery succeeded
  Timestamp created_at;
};

using DeliveryId = Id<struct DeliveryTag>;

// Dropped: the endpoint was disabled meanwhile. Failed and dropped ones are not sent again.
enum class DeliveryState : std::uint8_t { kRetrying, kDelivered, kFailed, kDropped };
inline constexpr std::array<std::string_view, 4> kDeliveryStateNames = {"retrying", "delivered",
                                                                        "failed", "dropped"};

// What became of one event at one endpoint.
struct Delivery {
  DeliveryId id;  // of its job
  EndpointId endpoint;
  Uuid event_id;
  std::string event;  // its kind
  DeliveryState state = DeliveryState::kRetrying;
  std::int32_t attempts = 0;
  std::optional<std::int32_t> status;  // of the last answer; nothing: none came
  std::optional<std::string> error;    // why none came
  Timestamp created_at;
  Timestamp attempted_at;
};

inline constexpr std::size_t kDefaultDeliveriesPage = 20;
inline constexpr std::size_t kMaxDeliveriesPage = 50;

struct DeliveryPage {
  std::vector<Delivery> items;     // the newest first
  std::optional<DeliveryId> next;  // nothing: the last page
};

struct Config {
  // Allows loopback, private and other special addresses; otherwise a URL cannot make Souk call its
  // own network.
  bool allow_private_addresses = false;
  // Allows http://: whoever is on the way reads and changes what is delivered.
  bool allow_plain_http = false;
  std::string tls_ca_file;                           // authorities in PEM; empty: the system's
  std::chrono::milliseconds connect_timeout{5'000};  // includes the name look-up
  std::chrono::milliseconds answer_timeout{10'000};
  // The circuit opens after so many failures in a row, for min_pause at first, doubled up to
  // max_pause while failures continue.
  int breaker_threshold = 5;
  std::chrono::milliseconds min_pause{1'000};
  std::chrono::milliseconds max_pause{300'000};
  // An endpoint that has failed for this long is disabled.
  std::chrono::milliseconds disable_after{std::chrono::days(3)};
  // How long deliveries are listed.
  std::chrono::milliseconds delivery_retention{std::chrono::days(7)};
};

}  // namespace souk::webhooks
