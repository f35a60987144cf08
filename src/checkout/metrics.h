// Metrics of checkout. Threading: Metrics belongs to one worker. Ownership: borrows the registry.
#pragma once

#include <array>

#include "telemetry/metrics.h"

namespace souk::checkout {

inline constexpr std::array<double, 8> kBatchSizes = {1, 2, 5, 10, 20, 50, 100, 1'000};

struct MetricTable {
  telemetry::HistogramSpec batch_size{
      "souk_checkout_batch_orders", "Orders written in one transaction.", {}, kBatchSizes};
  telemetry::HistogramSpec batch_duration{
      "souk_checkout_batch_duration_seconds",
      "Duration of a transaction of orders, from begin to commit."};
  telemetry::HistogramSpec queue_time{"souk_checkout_queue_time_seconds",
                                      "Time that an order waited for its transaction to begin."};
  telemetry::GaugeSpec waiting_orders{"souk_checkout_waiting_orders",
                                      "Orders waiting for the next transaction."};
  telemetry::CounterSpec orders{
      "souk_checkout_orders_total",
      "Orders by outcome: placed, replayed, out_of_stock, refused, failed, turned_away (the queue "
      "was full, or too long for the time limit), waited_too_long, user_limit or network_limit "
      "(the buyer or the network has too many open orders).",
      {"outcome"}};
  telemetry::CounterSpec divided_batches{
      "souk_checkout_divided_batches_total",
      "Batches written in two halves because the database refused one of their orders."};
  telemetry::CounterSpec look_ups{
      "souk_checkout_look_ups_total",
      "Batches that were looked up because their commit was not answered."};
  telemetry::CounterSpec look_up_failures{
      "souk_checkout_look_up_failures_total",
      "Failed attempts to look up a batch whose commit was not answered."};
  telemetry::CounterSpec untold_batches{"souk_checkout_untold_batches_total",
                                        "Committed batches whose stocks could not be written into "
                                        "the cache; the change log invalidates them."};
  telemetry::CounterSpec unpaid_orders_ended{
      "souk_checkout_unpaid_orders_ended_total",
      "Orders that were cancelled because they were not paid in time."};
};
inline constexpr MetricTable kMetrics;

struct Metrics {
  telemetry::Registry& registry;
  telemetry::Histogram& batch_size = registry.cell(kMetrics.batch_size);
  telemetry::Histogram& batch_duration = registry.cell(kMetrics.batch_duration);
  telemetry::Histogram& queue_time = registry.cell(kMetrics.queue_time);
  telemetry::Counter& placed = registry.cell(kMetrics.orders, {"placed"});
  telemetry::Counter& replayed = registry.cell(kMetrics.orders, {"replayed"});
  telemetry::Counter& out_of_stock = registry.cell(kMetrics.orders, {"out_of_stock"});
  telemetry::Counter& refused = registry.cell(kMetrics.orders, {"refused"});
  telemetry::Counter& failed = registry.cell(kMetrics.orders, {"failed"});
  telemetry::Counter& turned_away = registry.cell(kMetrics.orders, {"turned_away"});
  telemetry::Counter& waited_too_long = registry.cell(kMetrics.orders, {"waited_too_long"});
  telemetry::Counter& limited_user = registry.cell(kMetrics.orders, {"user_limit"});
  telemetry::Counter& limited_network = registry.cell(kMetrics.orders, {"network_limit"});
  telemetry::Counter& divided = registry.cell(kMetrics.divided_batches);
  telemetry::Counter& look_ups = registry.cell(kMetrics.look_ups);
  telemetry::Counter& look_up_failures = registry.cell(kMetrics.look_up_failures);
  telemetry::Counter& untold = registry.cell(kMetrics.untold_batches);
};

}  // namespace souk::checkout
