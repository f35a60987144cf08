#include <fmt/chrono.h>
#include <fmt/ostream.h>

#include "app/commands/commands.h"
#include "app/commands/duration_option.h"
#include "app/commands/shop_url.h"
#include "app/shutdown_signals.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "base/rfc3339.h"
#include "probe/prober.h"

namespace souk::app {
namespace {

using Seconds = std::chrono::duration<double>;
using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kSignalPoll{100};
constexpr std::chrono::hours kMonth{30 * 24};
constexpr double kPercent = 100;

constexpr auto kExamples = R"(Examples:
  souk probe https://shop.example/readyz     until Ctrl-C: a line for each outage, then the sum
  souk probe https://shop.example/readyz https://shop.example/api/products?limit=1 --interval 5s
  souk probe http://127.0.0.1:8080/readyz --for 1h --at-least 99.9 --json > availability.json

Run it on another machine than the shop. Each probe has a connection of its own and succeeds when a
whole response below 500 has arrived in time. Exit status: 0 at least that available, 1 not, 2 wrong
usage.)";

struct Arguments {
  std::vector<std::string> urls;
  std::string ca_file;
  probe::ProbeConfig config;
  std::chrono::microseconds lasting{0};  // 0: until a signal
  double at_least = 99.9;
  bool json = false;
};

// The wall clock's time of a moment in the past.
Timestamp wall_time(Steady::time_point moment) {
  return SystemClock().now() -
         std::chrono::floor<std::chrono::microseconds>(Steady::now() - moment);
}

runtime::Task<void> set_at_end(runtime::Loop& loop, const Arguments& arguments,
                               ShutdownSignals& signals, runtime::Event& stop) {
  const auto begun = Steady::now();
  while (signals.wait(std::chrono::milliseconds(0)) == 0) {
    const auto left = begun + arguments.lasting - Steady::now();
    if (arguments.lasting.count() != 0 && left <= left.zero()) break;
    co_await loop.sleep(arguments.lasting.count() == 0
                            ? kSignalPoll
                            : std::min<Steady::duration>(kSignalPoll, left));
  }
  stop.set();
}

runtime::Task<std::vector<probe::Availability>> run_probes(
    runtime::Loop& loop, const Arguments& arguments, const std::vector<probe::Address>& addresses,
    const probe::OutageCallback& on_outage) {
  ShutdownSignals signals;
  runtime::Event stop(loop);
  runtime::Scope scope(loop);
  scope.spawn(set_at_end(loop, arguments, signals, stop));
  auto all = co_await probe::probe(loop, addresses, arguments.config, stop, on_outage);
  co_await scope.join();
  co_return all;
}

bool is_kept(const probe::Availability& availability, const Arguments& arguments) {
  return availability.probes() > 0 &&
         availability.share().value_or(1) * kPercent >= arguments.at_least;
}

void print_lines(std::ostream& out, const Arguments& arguments, const probe::Address& address,
                 const probe::Availability& availability) {
  const auto budget = kMonth * (1 - arguments.at_least / kPercent);
  fmt::print(out,
             "{}: {:.4f} % available in {:.1f} s, {} probes, {} failed; {} outages, {:.1f} s "
             "together, the longest {:.1f} s; {} % leaves {:.1f} s in 30 days\n",
             address.url, availability.share().value_or(1) * kPercent,
             Seconds(availability.watched()).count(), availability.probes(),
             availability.failures(), availability.outages(), Seconds(availability.down()).count(),
             Seconds(availability.longest()).count(), arguments.at_least, Seconds(budget).count());
}

void write_json(JsonWriter& json, const Arguments& arguments, const probe::Address& address,
                const probe::Availability& availability) {
  json.begin_object();
  json.member("url", address.url);
  json.member("availability", availability.share().value_or(1));
  json.member("kept", is_kept(availability, arguments));
  json.member("watchedSeconds", Seconds(availability.watched()).count());
  json.member("probes", availability.probes());
  json.member("failures", availability.failures());
  json.member("outages", availability.outages());
  json.member("downSeconds", Seconds(availability.down()).count());
  json.member("longestSeconds", Seconds(availability.longest()).count());
  json.key("outageList");
  json.begin_array();
  for (const auto& outage : availability.kept()) {
    json.begin_object();
    json.member("begun", wall_time(outage.begun));
    json.member("seconds", Seconds(outage.length).count());
    json.member("reason", outage.reason);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void report(const Invocation& invocation, const Arguments& arguments,
            const std::vector<probe::Address>& addresses,
            const std::vector<probe::Availability>& all) {
  if (!arguments.json) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      print_lines(invocation.out, arguments, addresses[i], all[i]);
    }
    return;
  }
  Buffer out(1024);
  JsonWriter json(out);
  json.begin_object();
  json.member("atLeastPercent", arguments.at_least);
  json.member("intervalSeconds", Seconds(arguments.config.interval).count());
  json.member("timeoutSeconds", Seconds(arguments.config.timeout).count());
  json.key("urls");
  json.begin_array();
  for (std::size_t i = 0; i < all.size(); ++i) write_json(json, arguments, addresses[i], all[i]);
  json.end_array();
  json.end_object();
  invocation.out << out.view() << '\n';
}

int run(const Invocation& invocation, const Arguments& arguments) {
  std::vector<probe::Address> addresses;
  for (const auto& url : arguments.urls) {
    auto address = probe::Address::parse(url, arguments.ca_file);
    if (!address) {
      fmt::print(invocation.err, "souk: {}\n", address.error().detail);
      return kExitUsage;
    }
    addresses.push_back(*std::move(address));
  }
  auto& lines = arguments.json ? invocation.err : invocation.out;
  const auto on_outage = [&](const probe::Address& address, const probe::Outage& outage,
                             bool has_ended) {
    if (has_ended) {
      fmt::print(lines, "{} {} answers after {:.1f} s\n", to_rfc3339(SystemClock().now()),
                 address.url, Seconds(outage.length).count());
    } else {
      fmt::print(lines, "{} {} is down: {}\n", to_rfc3339(wall_time(outage.begun)), address.url,
                 outage.reason);
    }
    lines.flush();
  };
  runtime::Loop loop;
  const auto all = loop.run_until_done(run_probes(loop, arguments, addresses, on_outage));
  report(invocation, arguments, addresses, all);
  const bool kept = std::ranges::all_of(
      all, [&](const auto& availability) { return is_kept(availability, arguments); });
  return kept ? kExitOk : kExitFailure;
}

}  // namespace

void add_probe(CLI::App& app, Invocation& invocation) {
  auto& command =
      *app.add_subcommand("probe", "Measure from outside how long URLs of a shop are available.");
  command.footer(kExamples);
  const auto arguments = std::make_shared<Arguments>();
  command.add_option("URL", arguments->urls, "What to ask for, by GET.")
      ->required()
      ->expected(1, static_cast<int>(probe::kUrlsMax));
  add_duration(command, "--interval", arguments->config.interval,
               "From one probe to the next. [default: 1s]");
  add_duration(command, "--timeout", arguments->config.timeout,
               "To connect, and then to answer. [default: 2s]");
  add_duration(command, "--for", arguments->lasting, "How long. [default: until a signal]");
  command
      .add_option("--at-least", arguments->at_least,
                  "Percent of the time; less ends with exit status 1.")
      ->check(CLI::Range(0.0, kPercent))
      ->type_name("NUMBER")
      ->capture_default_str();
  command.add_flag("--json", arguments->json,
                   "Print the result as one JSON document; outages as they happen go to standard "
                   "error.");
  add_ca_file(command, arguments->ca_file);
  command.callback([&invocation, arguments] {
    if (arguments->config.interval < probe::kIntervalMin) {
      throw CLI::ValidationError("--interval", "must be 10ms or more");
    }
    if (arguments->config.timeout < probe::kIntervalMin) {
      throw CLI::ValidationError("--timeout", "must be 10ms or more");
    }
    invocation.run = [&invocation, arguments] { return run(invocation, *arguments); };
  });
}

}  // namespace souk::app
