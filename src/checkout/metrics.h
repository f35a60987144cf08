// What checkout counts. Threading: Metrics belongs to one worker. Ownership: borrows the registry.
#pragma once

#include <array>
#include <span>

#include "telemetry/metrics.h"

namespace souk::checkout {

using telemetry::MetricSpec;
using telemetry::MetricType;

inline constexpr std::array<double, 8> kBatchSizes = {1, 2, 5, 10, 20, 50, 100, 1'000};

inline constexpr MetricSpec kBatchSize{.name = "souk_checkout_batch_orders",
                                       .help = "Orders that were written in one transaction.",
                                       .type = MetricType::kHistogram,
                                       .labels = {},
                                       .buckets = kBatchSizes};
inline constexpr MetricSpec kBatchDuration{
    .name = "souk_checkout_batch_duration_seconds",
    .help = "Time of a transaction of orders, from its begin to its commit.",
    .type = MetricType::kHistogram};
inline constexpr MetricSpec kQueueTime{
    .name = "souk_checkout_queue_time_seconds",
    .help = "Time an order waited for the transaction it was written in to begin.",
    .type = MetricType::kHistogram};
inline constexpr MetricSpec kWaiting{.name = "souk_checkout_waiting_orders",
                                     .help = "Orders that wait for the next transaction.",
                                     .type = MetricType::kGauge};
inline constexpr MetricSpec kOrders{
    .name = "souk_checkout_orders_total",
    .help =
        "Orders by what became of them: placed, replayed, out_of_stock, refused, failed, "
        "turned_away where the queue was full or too long for its time, waited_too_long, "
        "user_limit or network_limit where the buyer or the network has too much open.",
    .type = MetricType::kCounter,
    .labels = {"outcome"}};
inline constexpr MetricSpec kBatchesDivided{
    .name = "souk_checkout_divided_batches_total",
    .help = "Batches written as two halves, because the database refused one of their orders.",
    .type = MetricType::kCounter};
inline constexpr MetricSpec kLookUps{
    .name = "souk_checkout_look_ups_total",
    .help = "Batches whose commit was not answered and was looked up.",
    .type = MetricType::kCounter};

inline constexpr MetricSpec kUntold{
    .name = "souk_checkout_untold_batches_total",
    .help =
        "Committed batches whose stocks could not be shown at once; the change log tells of them.",
    .type = MetricType::kCounter};

inline constexpr MetricSpec kUnpaidOrders{
    .name = "souk_checkout_unpaid_orders_ended_total",
    .help = "Orders that were cancelled because nobody paid them in time.",
    .type = MetricType::kCounter};

std::span<const MetricSpec* const> metric_specs();

struct Metrics {
  explicit Metrics(telemetry::Registry& registry);

  telemetry::Histogram& batch_size;
  telemetry::Histogram& batch_duration;
  telemetry::Histogram& queue_time;
  telemetry::Gauge& waiting;
  telemetry::Counter& placed;
  telemetry::Counter& replayed;
  telemetry::Counter& out_of_stock;
  telemetry::Counter& refused;
  telemetry::Counter& failed;
  telemetry::Counter& turned_away;
  telemetry::Counter& waited_too_long;
  telemetry::Counter& limited_user;
  telemetry::Counter& limited_network;
  telemetry::Counter& divided;
  telemetry::Counter& look_ups;
  telemetry::Counter& untold;
};

}  // namespace souk::checkout
