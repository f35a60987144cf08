#include "observe/traces/exporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/backoff.h"
#include "base/failures.h"
#include "http/client/retry_after.h"
#include "observe/metrics.h"

namespace souk::observe {
namespace {

using runtime::Task;

constexpr std::string_view kPath = "/v1/traces";
// What the protocol lets a client try again.
constexpr std::array kRetried = {429, 502, 503, 504};

bool is_success(int status) { return status >= 200 && status < 300; }
bool is_retried(int status) { return std::ranges::find(kRetried, status) != kRetried.end(); }

// One of each trace is the request or job itself.
std::size_t count_spans(std::span<const telemetry::TracePtr> traces) {
  std::size_t count = traces.size();
  for (const auto& trace : traces) count += trace->spans.size();
  return count;
}

}  // namespace

Exporter::Exporter(telemetry::Traces& traces, const std::string& instance, Environment environment)
    : traces_(traces),
      config_(traces.config()),
      resource_(resource_of(config_, instance)),
      loop_(environment.loop),
      duration_(environment.registry.cell(kMetrics.trace_export)),
      failures_(environment.registry.cell(kMetrics.trace_export_failures)),
      rejected_(environment.registry.cell(kMetrics.trace_spans_rejected)),
      log_(environment.log),
      exporting_(environment.log, failures_,
                 {.failed = "traces_not_exported", .resumed = "traces_exported", .what = "otlp"}) {}

Task<void> Exporter::run(runtime::Event& stopping) {
  while (!stopping.is_set()) {
    co_await stopping.wait(config_.interval);
    co_await drain(stopping);
  }
}

Task<void> Exporter::drain(runtime::Event& stopping) {
  for (auto batch = traces_.take(kMaxBatch); !batch.empty(); batch = traces_.take(kMaxBatch)) {
    Buffer body;
    write_otlp(body, resource_, batch, random_);
    batch_spans_ = count_spans(batch);
    Backoff backoff(random_, kMinPause, kMaxPause);
    bool sent = co_await send(body.view(), stopping);
    for (int tries = 1; !sent && !permanent_ && tries < kMaxTries && !stopping.is_set(); ++tries) {
      co_await stopping.wait(backoff.next());
      sent = co_await send(body.view(), stopping);
    }
    if (sent) {
      traces_.exported(batch.size());
    } else {
      traces_.lost(batch.size());
      if (stopping.is_set()) co_return;
    }
  }
}

Task<bool> Exporter::send(std::string_view body, runtime::Event& stopping) {
  auto begun = std::chrono::steady_clock::now();
  if (begun < not_before_) {
    co_await stopping.wait(not_before_ - begun);
    begun = std::chrono::steady_clock::now();
  }
  const auto status = co_await post(body);
  duration_.observe(std::chrono::steady_clock::now() - begun);
  permanent_ = false;
  if (status && is_success(*status)) {
    exporting_.succeeded();
    co_return true;
  }
  permanent_ = status && !is_retried(*status);
  exporting_.failed(Unavailable(status ? fmt::format("the collector answered {}", *status)
                                       : status.error().detail));
  co_return false;
}

// One connection is kept. That the collector has closed it shows only when it is used again.
Task<Result<int>> Exporter::post(std::string_view body) {
  if (connection_ && connection_->is_reusable()) {
    if (auto status = co_await exchange(body)) co_return status;
  }
  if (auto connected = co_await connect(); !connected) {
    co_return std::unexpected(std::move(connected.error()));
  }
  co_return co_await exchange(body);
}

Task<Result<>> Exporter::connect() {
  connection_.reset();
  const auto target = http::parse_target(config_.endpoint, config_.ca_file);
  if (!target) co_return std::unexpected(target.error());
  auto connected =
      co_await http::ClientConnection::connect(loop_, target->numeric_address(), target->port,
                                               {.connect_timeout = config_.timeout,
                                                .exchange_timeout = config_.timeout,
                                                .limits = {.max_body_bytes = kMaxAnswerBytes},
                                                .authority = target->host,
                                                .tls = target->tls.get(),
                                                .tls_name = target->name,
                                                .body_matters = false});
  if (!connected) co_return std::unexpected(std::move(connected.error()));
  connection_ = *std::move(connected);
  co_return Result<>();
}

Task<Result<int>> Exporter::exchange(std::string_view body) {
  http::HeaderList headers;
  headers.add("Content-Type", http::kJsonType);
  headers.add("User-Agent", "Souk/" SOUK_VERSION);
  const auto answer = co_await connection_->exchange(
      {.method = http::Method::kPost, .target = kPath, .headers = headers, .body = body});
  if (!answer) {
    connection_.reset();
    co_return std::unexpected(answer.error());
  }
  if (is_success(answer->status)) note(read_otlp_answer(answer->body));
  if (is_retried(answer->status)) {
    const auto pause = http::retry_after(answer->headers, kMaxRetryAfter);
    if (pause) not_before_ = std::chrono::steady_clock::now() + *pause;
  }
  co_return answer->status;
}

// Taken, but not all of it; or with a warning. Never sent again (OTLP, "Partial Success").
void Exporter::note(const PartialSuccess& said) {
  const auto rejected = std::min(said.rejected, batch_spans_);
  rejected_.add(static_cast<double>(rejected));
  unreported_ += rejected;
  const auto now = std::chrono::steady_clock::now();
  if ((rejected == 0 && said.message.empty()) || now < next_line_) return;
  next_line_ = now + kPartialSuccessPause;
  log_.warning("traces_partial_success",
               {{"what", "otlp"},
                {"rejectedSpans", static_cast<std::int64_t>(std::exchange(unreported_, 0))},
                {"reason", std::string_view(said.message).substr(0, kMaxMessageBytes)}});
}

}  // namespace souk::observe
