// Exports the traces that a node keeps, in batches, by OTLP over HTTP in JSON. While the collector
// is away or refuses, a batch is tried again a few times and then dropped; what comes meanwhile
// waits in Traces, up to its bound.
//
// Threading: one loop, best its own: the collector's name is resolved there. Ownership: borrows all
// it is made with, which outlives it; run() ends before it is destroyed.
#pragma once

#include <memory>

#include "base/random.h"
#include "http/client/client_connection.h"
#include "http/client/target.h"
#include "observe/traces/otlp.h"
#include "runtime/loop.h"
#include "runtime/wait_queue.h"
#include "telemetry/failure_reporter.h"

namespace souk::observe {

class Exporter {
 public:
  static constexpr std::size_t kMaxBatch = 256;  // traces
  static constexpr int kMaxTries = 5;            // of a batch
  static constexpr std::chrono::milliseconds kMinPause{500};
  static constexpr std::chrono::milliseconds kMaxPause{10'000};
  // The longest pause that a collector gets by its Retry-After.
  static constexpr std::chrono::minutes kMaxRetryAfter{5};
  static constexpr std::size_t kMaxAnswerBytes = 64 * 1024;
  // Of lines of the log that say what a collector refused in batches that it took.
  static constexpr std::chrono::minutes kPartialSuccessPause{1};
  static constexpr std::size_t kMaxMessageBytes = 256;

  struct Environment {
    runtime::Loop& loop;
    telemetry::Registry& registry;
    telemetry::Log& log;
  };

  // `instance`: "host:port" of this node.
  Exporter(telemetry::Traces& traces, const std::string& instance, Environment environment);

  // Until the event is set; then what waits is sent once.
  runtime::Task<void> run(runtime::Event& stopping);

 private:
  // Of those that wait, until none does or the event is set.
  runtime::Task<void> drain(runtime::Event& stopping);
  // Not before the time that the collector asked for.
  runtime::Task<bool> send(std::string_view body, runtime::Event& stopping);
  runtime::Task<Result<int>> post(std::string_view body);
  runtime::Task<Result<int>> exchange(std::string_view body);
  runtime::Task<Result<>> connect();
  void note(const PartialSuccess& said);

  telemetry::Traces& traces_;
  const telemetry::TracingConfig& config_;
  const Attributes resource_;
  runtime::Loop& loop_;
  SystemRandom random_;
  telemetry::Histogram& duration_;
  telemetry::Counter& failures_;
  telemetry::Counter& rejected_;
  telemetry::Log& log_;
  telemetry::FailureReporter exporting_;
  std::unique_ptr<http::ClientConnection> connection_;
  std::size_t batch_spans_ = 0;
  std::size_t unreported_ = 0;                        // rejected spans, since the last line
  std::chrono::steady_clock::time_point next_line_;   // the earliest
  std::chrono::steady_clock::time_point not_before_;  // as the collector asked (Retry-After)
  bool permanent_ = false;  // why the last batch failed: trying again is of no use
};

}  // namespace souk::observe
