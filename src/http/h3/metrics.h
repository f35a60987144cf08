// What HTTP/3 counts below its requests, which http/metrics.h counts for every protocol; and the
// cells of one worker.
// Threading: Metrics belongs to one worker. Ownership: borrows the registry, which outlives it.
#pragma once

#include "telemetry/metrics.h"

namespace souk::http::h3 {

struct MetricTable {
  telemetry::CounterSpec received_packets{"souk_http3_received_packets_total",
                                          "UDP datagrams received."};
  telemetry::CounterSpec sent_packets{"souk_http3_sent_packets_total", "UDP datagrams sent."};
  telemetry::CounterSpec received_bytes{"souk_http3_received_bytes_total",
                                        "Bytes of UDP datagrams received."};
  telemetry::CounterSpec sent_bytes{"souk_http3_sent_bytes_total", "Bytes of UDP datagrams sent."};
  telemetry::CounterSpec unsent_messages{"souk_http3_unsent_messages_total",
                                         "Messages that the kernel refused to send."};
  telemetry::CounterSpec send_pauses{
      "souk_http3_send_pauses_total",
      "Times the socket accepted no more packets, and connections waited for room."};
  telemetry::CounterSpec dropped_packets{
      "souk_http3_dropped_packets_total",
      "Datagrams dropped, by reason: malformed, unknown (no connection of that id), handshakes "
      "(too many unfinished), queue (of packets for another worker).",
      {"reason"}};
  telemetry::CounterSpec handed_on{
      "souk_http3_packets_handed_on_total",
      "Datagrams that reached another worker than their connection's and were handed on."};
  telemetry::CounterSpec stateless{
      "souk_http3_stateless_packets_total",
      "Answers without a connection, by kind: version_negotiation, retry, reset, refused.",
      {"kind"}};
  telemetry::GaugeSpec connections{"souk_http3_connections", "Established connections."};
  telemetry::GaugeSpec handshakes{"souk_http3_handshakes", "Handshakes in progress."};
  telemetry::CounterSpec handshakes_completed{
      "souk_http3_handshakes_total", "Handshakes completed, by kind: full, resumed.", {"kind"}};
  telemetry::CounterSpec handshakes_failed{"souk_http3_handshakes_failed_total",
                                           "Connections that ended before their handshake did."};
  telemetry::CounterSpec migrations{"souk_http3_migrations_total",
                                    "Changes of a connection's path: to another client address."};
  telemetry::CounterSpec key_updates{"souk_http3_key_updates_total",
                                     "Changes of a connection's keys."};
  telemetry::CounterSpec closed{
      "souk_http3_connections_closed_total",
      "Connections closed, by reason: client, idle, error (of the protocol, or a limit of it), "
      "limit (http.max_connections), slow (no progress), drain.",
      {"reason"}};
  telemetry::CounterSpec stream_limits{
      "souk_http3_stream_limits_total",
      "Streams or connections ended because of a limit, by limit: header, slow_head, resets.",
      {"limit"}};
};
inline constexpr MetricTable kMetrics;

class Metrics {
 public:
  explicit Metrics(telemetry::Registry& borrowed) : registry(borrowed) {}
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  telemetry::Registry& registry;
  telemetry::Counter& received_packets = registry.cell(kMetrics.received_packets);
  telemetry::Counter& sent_packets = registry.cell(kMetrics.sent_packets);
  telemetry::Counter& received_bytes = registry.cell(kMetrics.received_bytes);
  telemetry::Counter& sent_bytes = registry.cell(kMetrics.sent_bytes);
  telemetry::Counter& unsent_messages = registry.cell(kMetrics.unsent_messages);
  telemetry::Counter& send_pauses = registry.cell(kMetrics.send_pauses);
  telemetry::Counter& malformed = registry.cell(kMetrics.dropped_packets, {"malformed"});
  telemetry::Counter& unknown = registry.cell(kMetrics.dropped_packets, {"unknown"});
  telemetry::Counter& over_handshakes = registry.cell(kMetrics.dropped_packets, {"handshakes"});
  telemetry::Counter& over_queue = registry.cell(kMetrics.dropped_packets, {"queue"});
  telemetry::Counter& handed_on = registry.cell(kMetrics.handed_on);
  telemetry::Counter& version_negotiations =
      registry.cell(kMetrics.stateless, {"version_negotiation"});
  telemetry::Counter& retries = registry.cell(kMetrics.stateless, {"retry"});
  telemetry::Counter& stateless_resets = registry.cell(kMetrics.stateless, {"reset"});
  telemetry::Counter& refused = registry.cell(kMetrics.stateless, {"refused"});
  telemetry::Gauge& connections = registry.cell(kMetrics.connections);
  telemetry::Gauge& handshakes = registry.cell(kMetrics.handshakes);
  telemetry::Counter& full_handshakes = registry.cell(kMetrics.handshakes_completed, {"full"});
  telemetry::Counter& resumed_handshakes =
      registry.cell(kMetrics.handshakes_completed, {"resumed"});
  telemetry::Counter& handshakes_failed = registry.cell(kMetrics.handshakes_failed);
  telemetry::Counter& migrations = registry.cell(kMetrics.migrations);
  telemetry::Counter& key_updates = registry.cell(kMetrics.key_updates);
  telemetry::Counter& closed_by_client = registry.cell(kMetrics.closed, {"client"});
  telemetry::Counter& closed_idle = registry.cell(kMetrics.closed, {"idle"});
  telemetry::Counter& closed_error = registry.cell(kMetrics.closed, {"error"});
  telemetry::Counter& closed_limit = registry.cell(kMetrics.closed, {"limit"});
  telemetry::Counter& closed_slow = registry.cell(kMetrics.closed, {"slow"});
  telemetry::Counter& closed_drain = registry.cell(kMetrics.closed, {"drain"});
  telemetry::Counter& over_header = registry.cell(kMetrics.stream_limits, {"header"});
  telemetry::Counter& slow_heads = registry.cell(kMetrics.stream_limits, {"slow_head"});
  telemetry::Counter& over_resets = registry.cell(kMetrics.stream_limits, {"resets"});
};

}  // namespace souk::http::h3
