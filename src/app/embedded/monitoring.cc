#include "app/embedded/monitoring.h"

#include <fmt/format.h>

#include <csignal>
#include <fstream>

#include "http/client/blocking_request.h"

namespace souk::app {
namespace fs = std::filesystem;
namespace {

using namespace std::chrono_literals;

constexpr StopStep kStopSteps[] = {{SIGTERM, 10s}};
constexpr std::string_view kFolder = "monitoring";
constexpr std::string_view kRulesFile = "souk.rules.yml";
constexpr std::string_view kPrometheusFile = "prometheus.yml";
constexpr std::string_view kAlertmanagerFile = "alertmanager.yml";

constexpr std::string_view kPrometheusConfig = R"(# Written by `souk up --monitoring` at each start.
global:
  scrape_interval: 15s
rule_files: [{rules}]
alerting:
  alertmanagers:
    - static_configs:
        - targets: ["{alertmanager}"]
scrape_configs:
  - job_name: souk
    static_configs:
      - targets: ["{target}"]
)";

constexpr std::string_view kAlertmanagerConfig =
    R"(# Yours to change, and kept: name receivers as in deploy/alertmanager/alertmanager.yml.
route:
  receiver: nobody
  group_by: [alertname, job]
receivers:
  - name: nobody
)";

std::string loopback(std::uint16_t port) { return fmt::format("127.0.0.1:{}", port); }

// One of the two programs. Both have the same way to ask whether they are ready.
class Program final : public Server {
 public:
  Program(std::string_view name, std::uint16_t port, ProcessSpec spec)
      : name_(name), port_(port), spec_(std::move(spec)) {}

  std::string_view name() const override { return name_; }
  // The kernel kills it with its parent.
  Result<> remove_leftovers() override { return {}; }
  ProcessSpec process() const override { return spec_; }
  const fs::path& log() const override { return spec_.log; }
  bool ready(pid_t) const override {
    const auto target = http::parse_target("http://" + loopback(port_));
    if (!target) return false;
    const auto answer = http::request_blocking(*target, {.path_and_query = "/-/ready"});
    return answer && answer->status == 200;
  }
  std::span<const StopStep> stop_steps() const override { return kStopSteps; }

 private:
  const std::string_view name_;
  const std::uint16_t port_;
  const ProcessSpec spec_;
};

std::unique_ptr<Server> program(std::string_view name, std::uint16_t port, const fs::path& folder,
                                fs::path log, std::vector<std::string> arguments) {
  arguments.push_back("--web.listen-address=" + loopback(port));
  return std::make_unique<Program>(name, port,
                                   ProcessSpec{.arguments = std::move(arguments),
                                               .user = current_user(),
                                               .folder = folder,
                                               .log = std::move(log),
                                               .parent_death_signal = SIGKILL});
}

Result<> write(const fs::path& path, std::string_view text) {
  errno = 0;
  std::ofstream file(path);
  file << text << std::flush;
  if (!file) return path_error(path, errno);
  return {};
}

Result<> write_configuration(const MonitoringConfig& config, const fs::path& folder) {
  if (auto made = make_private_folder(folder, current_user()); !made) return made;
  const auto prometheus_config =
      fmt::format(fmt::runtime(kPrometheusConfig), fmt::arg("rules", kRulesFile),
                  fmt::arg("alertmanager", loopback(config.alertmanager_port)),
                  fmt::arg("target", config.target));
  if (auto written = write(folder / kRulesFile, config.rules); !written) return written;
  if (auto written = write(folder / kPrometheusFile, prometheus_config); !written) return written;
  if (fs::exists(folder / kAlertmanagerFile)) return {};
  return write(folder / kAlertmanagerFile, kAlertmanagerConfig);
}

}  // namespace

Result<> Monitoring::check_installed(const MonitoringConfig& config) {
  for (const auto& program : {config.prometheus, config.alertmanager}) {
    if (fs::exists(program)) continue;
    return fail(ErrorCode::kUnavailable,
                fmt::format("{} is not installed. --monitoring needs Debian's packages prometheus "
                            "and prometheus-alertmanager",
                            program.string()));
  }
  return {};
}

Result<Monitoring> Monitoring::start(const DataFolder& data, MonitoringConfig config) {
  const auto folder = data.path() / kFolder;
  if (auto written = write_configuration(config, folder); !written) {
    return std::unexpected(std::move(written.error()));
  }
  Monitoring monitoring(config);
  std::vector<std::unique_ptr<Server>> servers;
  servers.push_back(
      program("Alertmanager", config.alertmanager_port, folder, data.log_for("alertmanager"),
              {config.alertmanager, fmt::format("--config.file={}", kAlertmanagerFile),
               "--storage.path=alertmanager", "--cluster.listen-address="}));
  servers.push_back(program("Prometheus", config.prometheus_port, folder,
                            data.log_for("prometheus"),
                            {config.prometheus, fmt::format("--config.file={}", kPrometheusFile),
                             "--enable-feature=exemplar-storage", "--storage.tsdb.path=prometheus",
                             "--storage.tsdb.retention.time=" + config.kept_for,
                             "--storage.tsdb.retention.size=" + config.bytes_max}));
  monitoring.supervisor_ = std::make_unique<Supervisor>(
      std::move(servers), std::move(config.on_server_ended), config.log_bytes_max);
  if (auto ready = monitoring.supervisor_->wait_until_ready(); !ready) {
    return std::unexpected(std::move(ready.error()));
  }
  return monitoring;
}

fs::path Monitoring::receivers() { return fs::path(kFolder) / kAlertmanagerFile; }

std::string Monitoring::prometheus_url() const { return "http://" + loopback(prometheus_port_); }

std::string Monitoring::alertmanager_url() const {
  return "http://" + loopback(alertmanager_port_);
}

}  // namespace souk::app
