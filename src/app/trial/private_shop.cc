#include "app/trial/private_shop.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <regex>
#include <thread>

#include "app/embedded/server.h"
#include "base/files.h"
#include "http/client/blocking_request.h"
#include "postgres/blocking.h"
#include "postgres/migrator.h"
#include "seed/seed.h"

namespace souk::app {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::seconds kReadyWaitMax{120};
constexpr std::chrono::milliseconds kReadyPoll{20};
constexpr std::chrono::seconds kStopWaitMax{30};
constexpr std::size_t kForOperators = 20;  // connections to the database

std::string end_of(const fs::path& log) {
  constexpr std::size_t kMost = 1'000;
  const auto text = read_file(log).value_or("");
  return text.substr(text.size() - std::min(text.size(), kMost));
}

// A shop that is sold out does less work for an order: no run may empty it.
Result<> stock_up(const std::string& database_url) {
  auto database = postgres::BlockingConnection::open(database_url, "souk trial");
  if (!database) return std::unexpected(database.error());
  return database->execute("UPDATE product_stocks SET quantity = 100000000");
}

}  // namespace

SettingList settings_for_nodes(const EffectiveSettings& effective) {
  // Of the trial itself: where the nodes listen, what they use, who they are.
  constexpr std::array<std::string_view, 8> kOwn = {"http.address", "http.port",      "data.",
                                                    "database.url", "redis.",         "operator.",
                                                    "process.",     "runtime.workers"};
  SettingList chosen;
  for (std::size_t i = 0; i < all_settings().size(); ++i) {
    const auto& setting = all_settings()[i];
    const auto key = setting.key();
    const bool own =
        std::ranges::any_of(kOwn, [&key](auto start) { return key.starts_with(start); });
    if (effective.origins[i].source == SettingSource::kDefault || setting.value.secret || own) {
      continue;
    }
    chosen.emplace_back(key, setting.printed(effective.values));
  }
  return chosen;
}

Result<std::unique_ptr<TrialFolder>> TrialFolder::make(const fs::path& place) {
  auto name = (fs::absolute(place).lexically_normal() / "souk-trial-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    return fail(ErrorCode::kInvalidRequest, fmt::format("cannot make a folder in {}: {}",
                                                        place.string(), std::strerror(errno)));
  }
  std::unique_ptr<TrialFolder> folder(new TrialFolder(name));
  auto settled = settle(name, {});
  if (!settled) return std::unexpected(settled.error());
  folder->settled_ = *std::move(settled);
  return folder;
}

TrialFolder::~TrialFolder() {
  std::error_code error;
  fs::remove_all(created_, error);
}

Result<TrialNode> TrialNode::start(Spec spec) {
  TrialNode node(std::move(spec));
  if (auto running = node.run("0"); !running) return std::unexpected(running.error());
  return node;
}

void TrialNode::kill() {
  process_->signal(SIGKILL);
  process_->ended_within(kStopWaitMax);
}

Result<> TrialNode::restart() { return run(url_.substr(url_.rfind(':') + 1)); }

Result<> TrialNode::run(const std::string& port) {
  const auto log = spec_.folder / (spec_.name + ".log");
  std::error_code error;
  fs::remove(log, error);  // of an earlier run, whose first line would be taken for this one's
  ProcessSpec process{.arguments = {"/proc/self/exe", "serve", "--port", port},
                      .user = current_user(),
                      .folder = spec_.folder,
                      .log = log,
                      .parent_death_signal = SIGKILL};
  process.arguments.insert(process.arguments.end(), spec_.arguments.begin(), spec_.arguments.end());
  auto started = Process::start(process);
  if (!started) return std::unexpected(started.error());
  process_.emplace(*std::move(started));
  const std::regex addresses("Souk serves (http://[^\\s,]+), operators on (http://\\S+)");
  const auto give_up = std::chrono::steady_clock::now() + kReadyWaitMax;
  for (; std::chrono::steady_clock::now() < give_up; std::this_thread::sleep_for(kReadyPoll)) {
    if (process_->ended_within(std::chrono::milliseconds(0))) break;
    const auto said = read_file(log).value_or("");
    std::smatch found;
    if (!std::regex_search(said, found, addresses)) continue;
    url_ = found[1];
    operator_url_ = found[2];
    const auto target = http::parse_target(url_);
    if (!target) return std::unexpected(target.error());
    const auto ready = http::request_blocking(*target, {.path_and_query = "/readyz"});
    if (ready && ready->status == 200) return {};
  }
  return fail(ErrorCode::kUnavailable,
              fmt::format("the trial's node does not serve: {}", end_of(log)));
}

Result<std::unique_ptr<PrivateShop>> PrivateShop::start(
    const TrialFolder& folder, const seed::ShopSize& size, std::size_t database_connections,
    const std::function<void(std::string_view)>& report) {
  EmbeddedConfig config{.data = folder.path()};
  config.postgres.max_connections = database_connections + kForOperators;
  auto services = EmbeddedServices::start(std::move(config), report);
  if (!services) return std::unexpected(services.error());
  std::unique_ptr<PrivateShop> shop(new PrivateShop(folder.path(), *std::move(services)));
  const auto migrated = postgres::migrate(shop->database_url(), postgres::embedded_migrations(),
                                          {.report = [](std::string_view) {}});
  if (!migrated) return std::unexpected(migrated.error());
  report(fmt::format("filling a shop: {} products, {} users, {} orders", size.products, size.users,
                     size.orders));
  const seed::SeedOptions options{
      .size = size,
      .tokens = {
          .customers = shop->tokens(), .admin = shop->admin_token(), .password = shop->password()}};
  if (const auto seeded = seed::seed(shop->database_url(), options, SystemClock()); !seeded) {
    return std::unexpected(seeded.error());
  }
  if (const auto stocked = stock_up(shop->database_url()); !stocked) {
    return std::unexpected(stocked.error());
  }
  return shop;
}

Result<TrialNode> PrivateShop::serve(std::string name, const SettingList& settings) const {
  TrialNode::Spec spec{.folder = folder_,
                       .name = std::move(name),
                       .arguments = {"--database-url", services_.database_url(), "--redis-url",
                                     services_.redis_url(), "--set", "payments.sandbox=true"}};
  for (const auto& [key, value] : settings) {
    spec.arguments.emplace_back("--set");
    spec.arguments.push_back(fmt::format("{}={}", key, value));
  }
  return TrialNode::start(std::move(spec));
}

pid_t PrivateShop::postgres() const {
  return read_pid_file(folder_ / "postgres" / "postmaster.pid");
}

pid_t PrivateShop::redis() const { return read_pid_file(folder_ / "redis" / "redis.pid"); }

}  // namespace souk::app
