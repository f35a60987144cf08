#include "capacity/report.h"

#include <fmt/chrono.h>
#include <fmt/ostream.h>

#include <cmath>

#include "base/json_writer.h"
#include "loadtest/verdict.h"

namespace souk::capacity {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kMonthDays = 30.436875;
constexpr double kLater = 12;  // months after now, of which the cores are told
constexpr double kMib = 1024 * 1024;

std::string time(double seconds) { return loadtest::format_time(Seconds(seconds)); }

std::string whole(const Estimate& estimate) {
  return fmt::format("{:.0f} ({:.0f} to {:.0f})", estimate.value, estimate.low, estimate.high);
}
std::string precise(const Estimate& estimate) {
  return fmt::format("{:.4f} ({:.4f} to {:.4f})", estimate.value, estimate.low, estimate.high);
}

void print_point(std::ostream& out, const Point& point) {
  const auto& usage = point.usage;
  fmt::print(out, "{:>9.0f}{:>11.0f}{:>10}{:>10}{:>9.2f}{:>7.2f}{:>12.2f}{:>7.2f}{:>11.2f}",
             point.asked, point.per_second, time(point.p95), time(point.p99), usage.machine,
             usage.shop, usage.postgres, usage.redis, usage.generator);
}

void print_heading(std::ostream& out, std::string_view asked) {
  fmt::print(out, "{:>9}{:>11}{:>10}{:>10}{:>9}{:>7}{:>12}{:>7}{:>11}\n", asked, "answers/s", "p95",
             "p99", "machine", "shop", "PostgreSQL", "Redis", "generator");
}

void print_law(std::ostream& out, const Series& series) {
  if (!series.law) {
    fmt::print(out, "no law of scalability: {}\n", series.why_no_law);
    return;
  }
  const auto& law = *series.law;
  fmt::print(out,
             "law of scalability: lambda {}/s, sigma {}, kappa {}; a measurement is {:.1f} % off\n",
             whole(law.lambda), precise(law.sigma), precise(law.kappa), law.noise * 100);
  if (const auto peak = law.peak_concurrency()) {
    fmt::print(out, "more than {} concurrent requests serve less\n", whole(*peak));
  } else {
    fmt::print(out,
               "kappa's interval spans zero: nothing is said of more users than were measured\n");
  }
}

void print_series(std::ostream& out, const Series& series) {
  fmt::print(out, "\n{} {} (calibration {:.0f})\n\nusers without think time, cores in use\n",
             series.workers, series.workers == 1 ? "worker" : "workers", series.calibration);
  print_heading(out, "users");
  for (const auto& point : series.closed) {
    print_point(out, point);
    fmt::print(out, "\n");
  }
  print_law(out, series);
  const auto bound = binding(series.at_ceiling);
  fmt::print(out, "ceiling: {} requests/s with {:.0f} users\nwhat binds: {}\n",
             whole(series.ceiling), series.ceiling_users, explain(bound, series.at_ceiling));
  if (series.rates.empty()) return;
  fmt::print(out, "\nbelow it, arrivals that do not wait, latency from when they were due\n");
  print_heading(out, "asked/s");
  for (const auto& rate : series.rates) {
    print_point(out, rate.point);
    fmt::print(out, "  {:.0f} % of the ceiling, generator {} late: {}\n", rate.share * 100,
               time(rate.point.lateness), rate.broken.empty() ? "all budgets kept" : "BROKEN");
    for (const auto& budget : rate.broken) fmt::print(out, "{:>11}{}\n", "", budget);
  }
  if (series.certified) {
    fmt::print(out, "certified: {:.0f} requests/s, {:.1f} for each million steps of calibration\n",
               *series.certified, *series.certified / series.calibration);
  } else {
    fmt::print(out, "certified: none of these rates\n");
  }
}

std::string date_in(double months, Timestamp now) {
  const auto days = std::chrono::days(static_cast<int>(std::floor(months * kMonthDays)));
  return fmt::format("{:%Y-%m-%d}", std::chrono::floor<std::chrono::seconds>(now) + days);
}

void print_outlook(std::ostream& out, const Survey& survey, const Outlook& outlook, Timestamp now) {
  const auto capacity = survey.users().value_or(0);
  fmt::print(out, "\n{:.0f} users now, {:+.2f} % a month: ", outlook.users,
             outlook.growth.per_month * 100);
  const auto months = months_until(outlook.users, capacity, outlook.growth);
  const auto& series = survey.series[*survey.best];
  if (!months) {
    fmt::print(out, "this machine stays large enough\n");
  } else {
    fmt::print(out, "the shop must grow {} by more of what binds: {}\n",
               *months == 0
                   ? "now"
                   : fmt::format("in {:.1f} months, on {},", *months, date_in(*months, now)),
               explain(binding(series.at_ceiling), series.at_ceiling));
  }
  const double users = outlook.users * outlook.growth.factor(kLater);
  const auto cores = cores_for(users, *survey.costs);
  fmt::print(out,
             "in {:.0f} months {:.0f} users keep {:.2f} cores of Souk, {:.2f} of PostgreSQL and "
             "{:.2f} of Redis busy, if a request costs what it does now\n",
             kLater, users, cores.shop, cores.postgres, cores.redis);
}

void write_estimate(JsonWriter& json, std::string_view name, const Estimate& estimate) {
  json.key(name);
  json.begin_object();
  json.member("value", estimate.value);
  json.member("low", estimate.low);
  json.member("high", estimate.high);
  json.end_object();
}

void write_usage(JsonWriter& json, const Usage& usage) {
  json.key("cores");
  json.begin_object();
  json.member("machine", usage.machine);
  json.member("shop", usage.shop);
  json.member("postgres", usage.postgres);
  json.member("redis", usage.redis);
  json.member("generator", usage.generator);
  json.end_object();
  json.key("sessions");
  json.begin_object();
  json.member("active", usage.active);
  json.member("waitingForLocks", usage.waiting_for_locks);
  json.member("waitingForDisk", usage.waiting_for_disk);
  json.member("waitingForLatches", usage.waiting_for_latches);
  json.end_object();
  json.member("loopDelaySeconds", usage.loop_delay);
  json.member("connectionWaitSeconds", usage.connection_wait);
}

void write_point(JsonWriter& json, const Point& point, std::string_view asked) {
  json.member(asked, point.asked);
  json.member("perSecond", point.per_second);
  json.member("meanSeconds", point.mean);
  json.member("p95Seconds", point.p95);
  json.member("p99Seconds", point.p99);
  json.member("failedShare", point.failed);
  json.member("latenessP99Seconds", point.lateness);
  write_usage(json, point.usage);
}

void write_law(JsonWriter& json, const std::optional<Scalability>& law) {
  json.key("law");
  if (!law) return json.null();
  json.begin_object();
  write_estimate(json, "lambda", law->lambda);
  write_estimate(json, "sigma", law->sigma);
  write_estimate(json, "kappa", law->kappa);
  json.member("noise", law->noise);
  json.end_object();
}

void write_series(JsonWriter& json, const Series& series) {
  json.begin_object();
  json.member("workers", series.workers);
  json.member("calibration", series.calibration);
  json.key("closed");
  json.begin_array();
  for (const auto& point : series.closed) {
    json.begin_object();
    write_point(json, point, "users");
    json.end_object();
  }
  json.end_array();
  write_law(json, series.law);
  write_estimate(json, "ceilingPerSecond", series.ceiling);
  json.member("ceilingUsers", series.ceiling_users);
  const auto bound = binding(series.at_ceiling);
  json.member("binds", resource_name(bound.resource));
  json.member("bindsShare", bound.share);
  json.key("rates");
  json.begin_array();
  for (const auto& rate : series.rates) {
    json.begin_object();
    json.member("share", rate.share);
    write_point(json, rate.point, "askedPerSecond");
    json.key("broken");
    json.begin_array();
    for (const auto& budget : rate.broken) json.value(budget);
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.key("certifiedPerSecond");
  series.certified ? json.value(*series.certified) : json.null();
  json.end_object();
}

void write_costs(JsonWriter& json, const Survey& survey) {
  json.key("users");
  const auto users = survey.users();
  users ? json.value(*users) : json.null();
  json.key("costs");
  if (!survey.costs) return json.null();
  const auto& costs = *survey.costs;
  json.begin_object();
  json.member("cycleSeconds", costs.cycle_seconds);
  for (const auto& [name, per_core, cost] :
       {std::tuple{"shopSeconds", "usersOfAShopCore", &costs.shop_seconds},
        std::tuple{"postgresSeconds", "usersOfAPostgresCore", &costs.postgres_seconds},
        std::tuple{"redisSeconds", "usersOfARedisCore", &costs.redis_seconds}}) {
    write_estimate(json, name, *cost);
    write_estimate(json, per_core, users_of_a_core(*cost, costs.cycle_seconds));
  }
  json.end_object();
}

void write_environment(JsonWriter& json, const Survey& survey) {
  const auto& environment = survey.environment;
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
  json.member("products", survey.data.products);
  json.key("settings");
  json.begin_object();
  if (survey.shop) {
    for (const auto& [key, value] : survey.shop->settings) json.member(key, value);
  }
  json.end_object();
  json.end_object();
}

void write_outlook(JsonWriter& json, const Survey& survey, const std::optional<Outlook>& outlook,
                   Timestamp now) {
  json.key("outlook");
  const auto capacity = survey.users();
  if (!outlook || !capacity) return json.null();
  json.begin_object();
  json.member("users", outlook->users);
  json.member("growthPerMonth", outlook->growth.per_month);
  const auto months = months_until(outlook->users, *capacity, outlook->growth);
  json.key("months");
  months ? json.value(*months) : json.null();
  json.key("date");
  months ? json.value(date_in(*months, now)) : json.null();
  json.end_object();
}

}  // namespace

void print_survey(std::ostream& out, const Survey& survey, const std::optional<Outlook>& outlook,
                  Timestamp now) {
  const auto& environment = survey.environment;
  fmt::print(out,
             "capacity of Souk {} (commit {}, {}) under the mix of {}{}\n{}, {} cores, {:.1f} GiB, "
             "{}; {} products\ncalibration, million steps a second of one core:",
             environment.version, environment.commit, environment.build_type, survey.scenario,
             survey.interrupted ? ", interrupted" : "", environment.processor, environment.cores,
             static_cast<double>(environment.memory_bytes) / kMib / 1024, environment.kernel,
             survey.data.products);
  for (const double calibration : survey.calibrations) fmt::print(out, " {:.0f}", calibration);
  fmt::print(out, "\n");
  for (const auto& series : survey.series) print_series(out, series);
  if (survey.costs) {
    const auto& costs = *survey.costs;
    fmt::print(out,
               "\nthis machine: {:.0f} users of the mix, each with a request every {}\n"
               "one core of Souk: {} users; one core of PostgreSQL: {}\n",
               survey.users().value_or(0), time(costs.cycle_seconds),
               whole(users_of_a_core(costs.shop_seconds, costs.cycle_seconds)),
               whole(users_of_a_core(costs.postgres_seconds, costs.cycle_seconds)));
  }
  if (survey.connection) {
    fmt::print(out, "1,000 connections: {:.1f} MiB of memory ({:.1f} to {:.1f})\n",
               survey.connection->value * 1000 / kMib, survey.connection->low * 1000 / kMib,
               survey.connection->high * 1000 / kMib);
  }
  if (survey.order) {
    fmt::print(out, "an order: {:.0f} bytes of disk, {:.0f} of WAL (of {} orders)\n",
               survey.order->disk_bytes, survey.order->wal_bytes, survey.order->orders);
  }
  if (outlook && survey.costs) print_outlook(out, survey, *outlook, now);
}

void write_survey(Buffer& out, const Survey& survey, const std::optional<Outlook>& outlook,
                  Timestamp now) {
  JsonWriter json(out);
  json.begin_object();
  json.member("schemaVersion", kSchemaVersion);
  json.key("made");
  json.value(now);
  json.member("scenario", survey.scenario);
  json.member("interrupted", survey.interrupted);
  write_environment(json, survey);
  json.key("calibrations");
  json.begin_array();
  for (const double calibration : survey.calibrations) json.value(calibration);
  json.end_array();
  json.key("series");
  json.begin_array();
  for (const auto& series : survey.series) write_series(json, series);
  json.end_array();
  write_costs(json, survey);
  if (survey.connection) {
    write_estimate(json, "connectionBytes", *survey.connection);
  } else {
    json.key("connectionBytes");
    json.null();
  }
  json.key("order");
  if (survey.order) {
    json.begin_object();
    json.member("orders", survey.order->orders);
    json.member("diskBytes", survey.order->disk_bytes);
    json.member("walBytes", survey.order->wal_bytes);
    json.end_object();
  } else {
    json.null();
  }
  write_outlook(json, survey, outlook, now);
  json.end_object();
  out.append('\n');
}

}  // namespace souk::capacity
