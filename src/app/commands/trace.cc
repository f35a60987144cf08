#include <fmt/format.h>
#include <fmt/ostream.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "app/commands/commands.h"
#include "app/commands/shop_url.h"
#include "app/commands/waterfall.h"
#include "http/client/blocking_request.h"
#include "http/uri.h"

namespace souk::app {
namespace {

constexpr std::size_t kColumns = 120;  // where there is no terminal

constexpr auto kExamples = R"(Examples:
  souk trace                                      the last slow and failed requests and jobs of a node
  souk trace 0193f1c2-5d1e-7b3a-8f00-1122334455aa where the time of one went

ID is a request's (X-Request-Id, requestId in the log), a job's, or a trace's (traceId). A node keeps
the last tracing.kept of those that took longer than telemetry.slow_request or tracing.slow_job, or
failed; ask another node by --operator-url.)";

struct TraceArguments {
  ShopUrls urls;
  std::string id;
  bool json = false;
};

std::size_t columns() {
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : kColumns;
}

Result<std::string> ask(const Settings& settings, const TraceArguments& arguments) {
  const auto urls = find_shop(settings, arguments.urls);
  if (!urls) return std::unexpected(urls.error());
  const auto target = http::parse_target(urls->operators, urls->ca_file);
  if (!target) return std::unexpected(target.error());
  const auto path =
      arguments.id.empty() ? "/traces" : "/traces/" + http::percent_encode(arguments.id);
  auto response = http::request_blocking(*target, {.path_and_query = path});
  if (!response) return std::unexpected(std::move(response.error()));
  if (response->status == 200) return std::move(response->body);
  if (response->status == 404) {
    return fail(ErrorCode::kNotFound,
                fmt::format("{} keeps no trace of {}", urls->operators, arguments.id));
  }
  return fail(ErrorCode::kUnavailable,
              fmt::format("{} answered {}: {}", urls->operators, response->status, response->body));
}

int run(const Invocation& invocation, const Settings& settings, const TraceArguments& arguments) {
  const auto answer = ask(settings, arguments);
  if (!answer) {
    fmt::print(invocation.err, "souk: {}\n", answer.error().detail);
    return kExitFailure;
  }
  if (arguments.json) {
    fmt::print(invocation.out, "{}\n", *answer);
  } else {
    fmt::print(invocation.out, "{}",
               arguments.id.empty() ? trace_list(*answer) : waterfalls(*answer, columns()));
  }
  return kExitOk;
}

}  // namespace

void add_trace(CLI::App& app, Invocation& invocation) {
  auto& command = *app.add_subcommand("trace", "Show where the time of a slow request went.");
  command.footer(kExamples);
  const auto arguments = std::make_shared<TraceArguments>();
  add_shop_url(command, arguments->urls.shop);
  add_operator_url(command, arguments->urls.operators);
  add_ca_file(command, arguments->urls.ca_file);
  command.add_option("ID", arguments->id, "Of a request, a job or a trace. [default: list them]");
  command.add_flag("--json", arguments->json, "Print JSON.");
  run_with_settings(command, invocation, {"data.directory"},
                    [&invocation, arguments](const EffectiveSettings& settings) {
                      return run(invocation, settings.values, *arguments);
                    });
}

}  // namespace souk::app
