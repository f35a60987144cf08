#include "loadtest/report.h"

#include <fmt/ostream.h>

#include <algorithm>

#include "base/json_writer.h"

namespace souk::loadtest {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr std::size_t kNameWidth = 32;  // of an endpoint

constexpr std::pair<std::string_view, double> kPercentiles[] = {
    {"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}};

double per_second(std::uint64_t count, Seconds time) {
  return time.count() <= 0 ? 0 : static_cast<double>(count) / time.count();
}

void print_row(std::ostream& out, std::string_view name, const EndpointRecord& record,
               Seconds elapsed) {
  fmt::print(out, "{:<{}}{:>10}{:>9.0f}", name, kNameWidth, record.requests.get(),
             per_second(record.answers(), elapsed));
  for (const auto& [label, share] : kPercentiles) {
    fmt::print(out, "{:>9}", format_time(record.latency.percentile(share)));
  }
  fmt::print(out, "{:>9}{:>9}\n", format_time(record.latency.max()), record.error_count());
}

void print_heading(std::ostream& out) {
  fmt::print(out, "\n{:<{}}{:>10}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}\n", "", kNameWidth,
             "requests", "per s", "p50", "p90", "p95", "p99", "p99.9", "max", "errors");
}

void print_latencies(std::ostream& out, const Measurements& measured) {
  print_heading(out);
  for (std::size_t i = 0; i < measured.scenario.endpoints.size(); ++i) {
    print_row(out, measured.scenario.endpoints[i], measured.total.endpoints[i], measured.measured);
  }
  print_row(out, "all", measured.total.overall(), measured.measured);
  if (measured.plan.warm_up.count() > 0) {
    print_row(out, "warm-up, not judged", measured.warm_up.overall(), measured.plan.warm_up);
  }
}

void print_outcomes(std::ostream& out, const Measurements& measured) {
  const auto overall = measured.total.overall();
  fmt::print(out, "\nanswers by status:");
  for (std::size_t status = 0; status < overall.statuses.size(); ++status) {
    if (const auto n = overall.statuses[status].get(); n > 0) {
      fmt::print(out, "  {}: {}", status, n);
    }
  }
  fmt::print(out, "\nerrors by kind:");
  for (std::size_t kind = 0; kind < kErrorKinds; ++kind) {
    if (const auto n = overall.errors[kind].get(); n > 0) {
      fmt::print(out, "  {}: {}", kErrorNames[kind], n);
    }
  }
  if (overall.error_count() == 0) fmt::print(out, "  none");
  fmt::print(out, "\norders: {} acknowledged, {} out of stock (expected); {} requests sent again\n",
             measured.total.acknowledged.get(), overall.out_of_stock.get(),
             measured.total.repeated.get());
}

void print_generator(std::ostream& out, const Measurements& measured) {
  const auto& total = measured.total;
  const auto answers = total.overall().answers();
  fmt::print(out, "connections: {} opened, p99 {}, {} closed by the shop while idle\n",
             total.connects.count(), format_time(total.connects.percentile(0.99)),
             total.idle_closes.get());
  fmt::print(out, "load generator: {} CPU per request, p99 {} late\n",
             format_time(Seconds(
                 answers == 0 ? 0 : measured.generator_cpu_seconds / static_cast<double>(answers))),
             format_time(total.lateness.percentile(0.99)));
}

// Means over the measured part, and the greatest waits.
void print_resources(std::ostream& out, const Measurements& measured) {
  const auto from = Seconds(measured.plan.warm_up).count();
  const auto means = means_of(measured.timeline, from);
  if (means.seconds <= 0) return;
  double loop = 0;
  double wait = 0;
  for (const auto& second : measured.timeline) {
    if (second.at - second.length < from) continue;
    loop = std::max(loop, second.loop_delay.value_or(0));
    wait = std::max(wait, second.connection_wait.value_or(0));
  }
  fmt::print(out,
             "cores in use, of {}: machine {:.2f}, shop {:.2f}, PostgreSQL {:.2f}, Redis {:.2f}, "
             "generator {:.2f}\n",
             measured.environment.cores, means.cpu.machine, means.shop_cores, means.cpu.postgres,
             means.cpu.redis, means.cpu.generator);
  fmt::print(out, "longest wait of a second: event loop {}, database connection {} (p95)\n",
             format_time(Seconds(loop)), format_bound(wait));
}

void print_server(std::ostream& out, const Measurements& measured) {
  if (!measured.server) {
    fmt::print(out, "the shop's own view: its /metrics could not be read\n");
    return;
  }
  const auto line = [&](std::string_view name, const std::optional<ServerTimes>& times) {
    if (!times) return;
    fmt::print(out, "  {:<{}}{:>10.0f}  p95 {}, p99 {}\n", name, kNameWidth - 2, times->count,
               format_bound(times->p95), format_bound(times->p99));
  };
  fmt::print(out, "the shop's own view, from its histograms:\n");
  for (std::size_t i = 0; i < measured.scenario.endpoints.size(); ++i) {
    line(measured.scenario.endpoints[i], measured.server->endpoints[i]);
  }
  line("SQL statements", measured.server->statements);
}

void print_judgements(std::ostream& out, const std::vector<Judgement>& judgements) {
  std::size_t width = 0;
  for (const auto& j : judgements) width = std::max(width, j.budget.size());
  fmt::print(out, "\n");
  for (const auto& j : judgements) {
    fmt::print(out, "{:<{}}  {:<12}  {:<13} {}\n", j.budget, width, j.limit,
               verdict_name(j.verdict), j.measured);
  }
}

std::string_view http_version(Protocol protocol) {
  switch (protocol) {
    case Protocol::kHttp1:
      return "1.1";
    case Protocol::kHttp2:
      return "2";
    case Protocol::kHttp3:
      return "3";
  }
  return "";
}

void write_latency(JsonWriter& json, const Histogram& latency) {
  json.begin_object();
  for (const auto& [name, share] : kPercentiles) {
    json.member(name, latency.percentile(share).count());
  }
  json.member("max", latency.max().count());
  json.member("mean", latency.mean().count());
  json.end_object();
}

// [[highest microseconds, count], ...]
void write_histogram(JsonWriter& json, const Histogram& latency) {
  json.key("histogram");
  json.begin_array();
  for (const auto& [highest, count] : latency.buckets()) {
    json.begin_array();
    json.value(highest);
    json.value(count);
    json.end_array();
  }
  json.end_array();
}

void write_record(JsonWriter& json, std::string_view name, const EndpointRecord& record,
                  Seconds elapsed) {
  json.begin_object();
  json.member("name", name);
  json.member("requests", record.requests.get());
  json.member("answers", record.answers());
  json.member("perSecond", per_second(record.answers(), elapsed));
  json.key("latencyMicroseconds");
  write_latency(json, record.latency);
  json.key("servedLatencyMicroseconds");
  write_latency(json, record.served);
  json.member("errors", record.error_count());
  json.key("errorsByKind");
  json.begin_object();
  for (std::size_t kind = 0; kind < kErrorKinds; ++kind) {
    json.member(kErrorNames[kind], record.errors[kind].get());
  }
  json.end_object();
  json.member("outOfStock", record.out_of_stock.get());
  write_histogram(json, record.latency);
  json.key("statuses");
  json.begin_object();
  for (std::size_t status = 0; status < record.statuses.size(); ++status) {
    if (const auto n = record.statuses[status].get(); n > 0) json.member(std::to_string(status), n);
  }
  json.end_object();
  json.end_object();
}

void write_plan(JsonWriter& json, const Measurements& measured) {
  const auto& plan = measured.plan;
  json.key("plan");
  json.begin_object();
  json.member("model", plan.open ? "open" : "closed");
  json.member("users", plan.users);
  json.member("http", http_version(plan.protocol));
  json.member("streams", plan.streams);
  json.member("durationSeconds", Seconds(plan.shape.duration()).count());
  json.member("warmUpSeconds", Seconds(plan.warm_up).count());
  json.member("thinkTimeSeconds", Seconds(measured.scenario.think_time).count());
  if (plan.open) {
    json.member("ratePerSecond", plan.shape.peak());
    json.member("arrivals", *plan.open == Spacing::kPoisson ? "poisson" : "constant");
  }
  json.member("threads", plan.threads);
  json.member("seed", plan.seed);
  json.end_object();
}

void write_generator(JsonWriter& json, const Measurements& measured) {
  const auto& total = measured.total;
  json.key("generator");
  json.begin_object();
  json.member("cpuSeconds", measured.generator_cpu_seconds);
  json.key("latenessMicroseconds");
  write_latency(json, total.lateness);
  json.member("connections", total.connects.count());
  json.key("connectMicroseconds");
  write_latency(json, total.connects);
  json.member("idleCloses", total.idle_closes.get());
  json.member("ordersSentAgain", total.repeated.get());
  json.member("ordersAcknowledged", total.acknowledged.get());
  json.end_object();
}

void write_times(JsonWriter& json, std::string_view name, const std::optional<ServerTimes>& times) {
  json.key(name);
  if (!times) return json.null();
  json.begin_object();
  json.member("count", times->count);
  json.member("p95SecondsAtMost", times->p95);
  json.member("p99SecondsAtMost", times->p99);
  json.end_object();
}

template <class T>
void optional_member(JsonWriter& json, std::string_view name, const std::optional<T>& value) {
  json.key(name);
  if (value) {
    json.value(*value);
  } else {
    json.null();
  }
}

void write_second(JsonWriter& json, const Second& second) {
  json.begin_object();
  json.member("at", second.at);
  json.member("length", second.length);
  json.member("level", second.level);
  json.member("answers", second.answers);
  json.key("failures");
  json.begin_object();
  for (const auto& [code, count] : second.failures) json.member(code, count);
  json.end_object();
  json.key("latencyMicroseconds");
  json.begin_object();
  json.member("p50", second.p50.count());
  json.member("p95", second.p95.count());
  json.member("p99", second.p99.count());
  json.end_object();
  json.member("latenessP99Microseconds", second.lateness_p99.count());
  json.key("cores");
  json.begin_object();
  json.member("machine", second.cpu.machine);
  json.member("generator", second.cpu.generator);
  json.member("postgres", second.cpu.postgres);
  json.member("redis", second.cpu.redis);
  optional_member(json, "shop", second.shop_cores);
  json.end_object();
  json.key("shop");
  json.begin_object();
  optional_member(json, "loopDelaySeconds", second.loop_delay);
  optional_member(json, "connectionWaitSeconds", second.connection_wait);
  optional_member(json, "residentBytes", second.resident_bytes);
  json.end_object();
  json.end_object();
}

void write_timeline(JsonWriter& json, const std::vector<Second>& timeline) {
  json.key("timeline");
  json.begin_array();
  for (const auto& second : timeline) write_second(json, second);
  json.end_array();
}

void write_environment(JsonWriter& json, const Environment& environment, const DataSize& data) {
  json.key("environment");
  json.begin_object();
  json.member("version", environment.version);
  json.member("commit", environment.commit);
  json.member("buildType", environment.build_type);
  json.member("compiler", environment.compiler);
  json.member("kernel", environment.kernel);
  json.member("processor", environment.processor);
  json.member("cores", environment.cores);
  json.member("memoryBytes", environment.memory_bytes);
  json.end_object();
  json.key("data");
  json.begin_object();
  json.member("products", data.products);
  optional_member(json, "orders", data.orders);
  optional_member(json, "databaseBytes", data.database_bytes);
  optional_member(json, "cacheEntries", data.cache_entries);
  optional_member(json, "cacheBytes", data.cache_bytes);
  json.end_object();
}

// As the shop says it; the environment has the tester's own build.
void write_shop(JsonWriter& json, const std::optional<ShopFacts>& shop) {
  json.key("shop");
  if (!shop) return json.null();
  json.begin_object();
  json.member("version", shop->version);
  json.member("commit", shop->commit);
  json.member("buildType", shop->build_type);
  json.member("workers", shop->workers);
  json.key("settings");
  json.begin_object();
  for (const auto& [key, value] : shop->settings) json.member(key, value);
  json.end_object();
  json.end_object();
}

void write_server(JsonWriter& json, const Measurements& measured) {
  const auto& server = measured.server;
  json.key("server");
  if (!server) return json.null();
  json.begin_object();
  write_times(json, "statements", server->statements);
  json.key("endpoints");
  json.begin_object();
  for (std::size_t i = 0; i < measured.scenario.endpoints.size(); ++i) {
    write_times(json, measured.scenario.endpoints[i], server->endpoints[i]);
  }
  json.end_object();
  optional_member(json, "cacheHitRatio", server->cache_hit_ratio);
  optional_member(json, "cpuSeconds", server->cpu_seconds);
  optional_member(json, "residentBytes", server->resident_bytes);
  json.end_object();
}

void write_audit(JsonWriter& json, const AuditOutcome& audit) {
  json.key("audit");
  json.begin_object();
  json.member("run", audit.report.has_value());
  json.member("clean", audit.clean());
  if (!audit.report) {
    json.member("reason", audit.why_not);
    return json.end_object();
  }
  json.member("acknowledgedOrders", audit.report->acknowledged);
  json.member("unacknowledgedOrders", audit.report->unacknowledged);
  json.member("productsCompared", audit.report->products);
  json.key("findings");
  json.begin_array();
  for (const auto& finding : audit.report->findings) {
    json.begin_object();
    json.member("code", finding.code);
    json.member("count", finding.count);
    json.key("examples");
    json.begin_array();
    for (const auto& example : finding.examples) json.value(example);
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void write_judgements(JsonWriter& json, const std::vector<Judgement>& judgements) {
  json.key("budgets");
  json.begin_array();
  for (const auto& j : judgements) {
    json.begin_object();
    json.member("budget", j.budget);
    json.member("limit", j.limit);
    json.member("measured", j.measured);
    json.member("verdict", j.verdict == Verdict::kKept     ? "kept"
                           : j.verdict == Verdict::kBroken ? "broken"
                                                           : "notMeasured");
    json.end_object();
  }
  json.end_array();
  json.member("budgetsKept", all_kept(judgements));
}

}  // namespace

void print_report(std::ostream& out, const Measurements& measured,
                  const std::vector<Judgement>& judgements, const AuditOutcome& audit) {
  const auto& plan = measured.plan;
  fmt::print(out,
             "\n{}{}: {} {} of HTTP/{}, {} of {} planned, {:.0f} requests/s after the warm-up\n",
             measured.scenario.name, measured.interrupted ? " (interrupted)" : "", plan.users,
             plan.streams > 1 ? "streams"
             : plan.open      ? "connections"
                              : "users",
             http_version(plan.protocol), format_time(measured.elapsed),
             format_time(plan.shape.duration()), measured.rate());
  print_latencies(out, measured);
  print_outcomes(out, measured);
  print_generator(out, measured);
  print_resources(out, measured);
  print_server(out, measured);
  print_judgements(out, judgements);
  print_audit(out, audit);
}

void print_audit(std::ostream& out, const AuditOutcome& audit) {
  if (!audit.report) {
    fmt::print(out, "\naudit: not run: {}\n", audit.why_not);
    return;
  }
  const auto& report = *audit.report;
  fmt::print(out,
             "\naudit: {}. {} acknowledged orders, {} more whose answer was lost, {} products\n",
             report.clean() ? "clean" : "NOT CLEAN", report.acknowledged, report.unacknowledged,
             report.products);
  for (const auto& finding : report.findings) {
    fmt::print(out, "  {}: {} {}", finding.code, finding.count, finding.meaning);
    for (const auto& example : finding.examples) fmt::print(out, "\n    {}", example);
    fmt::print(out, "\n");
  }
}

void write_json(Buffer& out, const Measurements& measured, const std::vector<Judgement>& judgements,
                const AuditOutcome& audit) {
  JsonWriter json(out);
  json.begin_object();
  json.member("schemaVersion", kSchemaVersion);
  json.member("scenario", measured.scenario.name);
  json.key("started");
  json.value(measured.started);
  json.member("interrupted", measured.interrupted);
  write_plan(json, measured);
  json.member("elapsedSeconds", Seconds(measured.elapsed).count());
  json.member("steadySeconds", Seconds(measured.measured).count());
  json.member("steadyPerSecond", measured.rate());
  optional_member(json, "brokeAt", measured.broke_at);
  json.key("endpoints");
  json.begin_array();
  for (std::size_t i = 0; i < measured.scenario.endpoints.size(); ++i) {
    write_record(json, measured.scenario.endpoints[i], measured.total.endpoints[i],
                 measured.measured);
  }
  json.end_array();
  json.key("all");
  write_record(json, "all", measured.total.overall(), measured.measured);
  json.key("warmUp");
  write_record(json, "all", measured.warm_up.overall(), measured.plan.warm_up);
  write_generator(json, measured);
  write_server(json, measured);
  write_timeline(json, measured.timeline);
  write_environment(json, measured.environment, measured.data);
  write_shop(json, measured.shop);
  write_judgements(json, judgements);
  write_audit(json, audit);
  json.end_object();
  out.append('\n');
}

}  // namespace souk::loadtest
