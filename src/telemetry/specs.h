// The metrics telemetry records about itself and the process.
#pragma once

#include "telemetry/metrics.h"

namespace souk::telemetry {

inline constexpr MetricSpec kSeriesFolded{
    .name = "souk_telemetry_series_folded_total",
    .help = "Label combinations counted as \"other\" because the metric already has its maximum.",
    .type = MetricType::kCounter};
inline constexpr MetricSpec kLogLinesDropped{
    .name = "souk_log_lines_dropped_total",
    .help = "Log lines lost because the queue was full or the log could not be written.",
    .type = MetricType::kCounter};

inline constexpr MetricSpec kBuffersTaken{
    .name = "souk_buffers_taken_total",
    .help =
        "Memory taken for buffers on the event loops, from what was kept or from the allocator.",
    .type = MetricType::kCounter,
    .labels = {"from"}};
inline constexpr MetricSpec kBuffersKeptBytes{
    .name = "souk_buffers_kept_bytes",
    .help = "Memory kept for the next buffers, in all workers together.",
    .type = MetricType::kGauge};

inline constexpr MetricSpec kOffloadWaiting{
    .name = "souk_offload_waiting",
    .help = "Work that waits for a thread: hashing, compressing, disk (mail), names (of webhooks).",
    .type = MetricType::kGauge,
    .labels = {"queue"}};
inline constexpr MetricSpec kOffloadRefused{
    .name = "souk_offload_refused_total",
    .help = "Work that was turned away because too much was waiting.",
    .type = MetricType::kCounter,
    .labels = {"queue"}};

inline constexpr MetricSpec kDatabaseReady{
    .name = "souk_database_ready",
    .help =
        "1 while the database has the schema this Souk knows and may be written, or only read "
        "with database.read_only; looked at every second.",
    .type = MetricType::kGauge};

inline constexpr MetricSpec kProcessCpu{
    .name = "process_cpu_seconds_total",
    .help = "User and system CPU time the process has used, in seconds.",
    .type = MetricType::kCounter};
inline constexpr MetricSpec kProcessResidentMemory{.name = "process_resident_memory_bytes",
                                                   .help = "Resident memory, in bytes.",
                                                   .type = MetricType::kGauge};
inline constexpr MetricSpec kAllottedMemory{
    .name = "souk_allotted_memory_bytes",
    .help = "Memory the process may use: its control group's limit, or else the machine's.",
    .type = MetricType::kGauge};
inline constexpr MetricSpec kAllottedCores{
    .name = "souk_allotted_cores",
    .help = "Cores the process may use: its control group's quota, or else its affinity.",
    .type = MetricType::kGauge};
inline constexpr MetricSpec kProcessOpenFds{
    .name = "process_open_fds", .help = "Open file descriptors.", .type = MetricType::kGauge};
inline constexpr MetricSpec kProcessStartTime{
    .name = "process_start_time_seconds",
    .help = "When the process started, in seconds since the Unix epoch.",
    .type = MetricType::kGauge};

}  // namespace souk::telemetry
