// Prometheus and Alertmanager beside the shop of `souk up --monitoring`: supervised children on
// loopback, with everything they keep in the data folder.
//
// Threading: start() blocks; not for an event loop.
// Ownership: the data folder outlives it. The destructor stops the programs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "app/embedded/data_folder.h"
#include "app/embedded/server_log.h"
#include "app/embedded/supervisor.h"

namespace souk::app {

struct MonitoringConfig {
  std::string target;  // the operator's address: "127.0.0.1:18080"
  std::uint16_t prometheus_port = 0;
  std::uint16_t alertmanager_port = 0;
  std::string rules;  // a file of Prometheus' rules
  std::string kept_for = "30d";
  std::string bytes_max = "1GB";  // of samples; the oldest are deleted
  std::filesystem::path prometheus = "/usr/bin/prometheus";
  std::filesystem::path alertmanager = "/usr/bin/prometheus-alertmanager";
  std::uintmax_t log_bytes_max = kLogBytesMax;
  ServerEndedCallback on_server_ended = [](const ServerEnded&) {};
};

class Monitoring {
 public:
  // Whether both programs are there. Errors: kUnavailable, with a remedy.
  static Result<> check_installed(const MonitoringConfig& config);

  // Returns once both accept connections. Writes their configuration, but keeps an existing one of
  // Alertmanager, in which operators name receivers. Errors: kUnavailable; nothing is left running.
  static Result<Monitoring> start(const DataFolder& data, MonitoringConfig config);

  std::string prometheus_url() const;
  std::string alertmanager_url() const;
  // Alertmanager's configuration, below the data folder.
  static std::filesystem::path receivers();

 private:
  explicit Monitoring(const MonitoringConfig& config)
      : prometheus_port_(config.prometheus_port), alertmanager_port_(config.alertmanager_port) {}

  std::uint16_t prometheus_port_;
  std::uint16_t alertmanager_port_;
  std::unique_ptr<Supervisor> supervisor_;
};

}  // namespace souk::app
