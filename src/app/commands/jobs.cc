#include "app/commands/commands.h"
#include "app/commands/operator.h"
#include "base/json_writer.h"
#include "http/uri.h"

namespace souk::app {
namespace {

constexpr auto kExamples = R"(Examples:
  souk jobs list                             how many jobs wait, run and fail, by kind
  souk jobs dead --kind order.placed         the latest that were given up, and why
  souk jobs replay 01890a5d-ac96-774b-bcce-b302099a8057
  souk jobs replay --kind order.placed       the thousand that were given up first; again for more
  souk jobs drop 01890a5d-ac96-774b-bcce-b302099a8057

A terminal shows tables; into a pipe or a file, and with --json, everything is JSON.)";

struct JobsArguments : OperatorArguments {
  std::string id;
  std::string kind;
  bool all = false;
};

std::string path_of(const JobsArguments& arguments) {
  return "/api/jobs/dead/" + http::percent_encode(arguments.id);
}

OperatorRequest dead_request(const JobsArguments& arguments) {
  const std::string path = "/api/jobs/dead";
  if (arguments.kind.empty()) return {.path_and_query = path};
  return {.path_and_query = path + "?kind=" + http::percent_encode(arguments.kind)};
}

OperatorRequest replay_request(const JobsArguments& arguments) {
  if (!arguments.id.empty()) {
    return {.method = http::Method::kPost, .path_and_query = path_of(arguments) + "/replay"};
  }
  Buffer out(256);
  JsonWriter json(out);
  json.begin_object();
  if (!arguments.all) json.member("kind", arguments.kind);
  json.end_object();
  return {.method = http::Method::kPost,
          .path_and_query = "/api/jobs/replays",
          .json = std::string(out.view())};
}

}  // namespace

void add_jobs(CLI::App& app, Invocation& invocation) {
  auto& jobs =
      *app.add_subcommand("jobs", "Look at a running shop's jobs; replay or drop dead ones.");
  jobs.footer(kExamples);
  jobs.require_subcommand(1);
  const auto arguments = std::make_shared<JobsArguments>();
  add_operator_command(jobs, invocation, "list", "Jobs by kind.", arguments,
                       [] { return OperatorRequest{.path_and_query = "/api/jobs"}; });
  add_operator_command(jobs, invocation, "dead", "Jobs that were given up, the latest first.",
                       arguments, [arguments] { return dead_request(*arguments); })
      .add_option("--kind", arguments->kind, "Only of this kind.")
      ->type_name("TEXT");
  auto& replay = add_operator_command(jobs, invocation, "replay", "Run dead jobs again.", arguments,
                                      [arguments] { return replay_request(*arguments); });
  auto& which = *replay.add_option_group("which", "Which; one of them.");
  which.require_option(1);
  which.add_option("ID", arguments->id, "The job's id.");
  which.add_option("--kind", arguments->kind, "All of this kind.")->type_name("TEXT");
  which.add_flag("--all", arguments->all, "All.");
  add_operator_command(jobs, invocation, "drop", "Forget a dead job.", arguments,
                       [arguments] {
                         return OperatorRequest{.method = http::Method::kDelete,
                                                .path_and_query = path_of(*arguments)};
                       })
      .add_option("ID", arguments->id, "The job's id.")
      ->required();
}

}  // namespace souk::app
