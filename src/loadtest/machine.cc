#include "loadtest/machine.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "loadtest/build.h"

namespace souk::loadtest {
namespace {

double seconds_of(std::uint64_t ticks) {
  static const auto kTicks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return static_cast<double>(ticks) / kTicks;
}

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

double own_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// "cpu  user nice system idle iowait irq softirq steal ...": all but idle and iowait.
double machine_seconds() {
  std::istringstream line(first_line("/proc/stat"));
  std::string word;
  line >> word;
  std::uint64_t busy = 0;
  std::uint64_t ticks = 0;
  for (int field = 0; field < 8 && line >> ticks; ++field) {
    if (field != 3 && field != 4) busy += ticks;
  }
  return seconds_of(busy);
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    const auto at = line.find(": ");
    return at == std::string::npos ? "" : line.substr(at + 2);
  }
  return {};
}

}  // namespace

CpuTimes CpuTimes::operator-(const CpuTimes& earlier) const {
  // The time of a process that has ended is gone: never below zero.
  return {.machine = std::max(0.0, machine - earlier.machine),
          .generator = std::max(0.0, generator - earlier.generator),
          .postgres = std::max(0.0, postgres - earlier.postgres),
          .redis = std::max(0.0, redis - earlier.redis)};
}

std::optional<ProcessTimes> parse_process(const std::string& line) {
  // The name is in parentheses and may contain both spaces and parentheses.
  const auto open = line.find('(');
  const auto close = line.rfind(')');
  if (open == line.npos || close == line.npos || close < open) return std::nullopt;
  std::istringstream rest(line.substr(close + 1));
  std::string skipped;
  constexpr int kFieldsBeforeUserTime = 11;
  for (int i = 0; i < kFieldsBeforeUserTime; ++i) rest >> skipped;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  if (!(rest >> user >> system)) return std::nullopt;
  return ProcessTimes{line.substr(open + 1, close - open - 1), user + system};
}

CpuTimes read_cpu_times() {
  CpuTimes times{.machine = machine_seconds(), .generator = own_seconds()};
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto name = entry.path().filename().string();
    if (!std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; })) continue;
    const auto process = parse_process(first_line(entry.path() / "stat"));
    if (!process) continue;
    if (process->name == "postgres") times.postgres += seconds_of(process->ticks);
    if (process->name == "redis-server") times.redis += seconds_of(process->ticks);
  }
  return times;
}

Environment read_environment() {
  utsname system{};
  ::uname(&system);
  return {.version = SOUK_VERSION,
          .commit = kCommit,
          .build_type = kBuildType,
          .compiler = __VERSION__,
          .kernel = std::string(system.sysname) + " " + system.release,
          .processor = processor(),
          .cores = std::thread::hardware_concurrency(),
          .memory_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                          static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))};
}

}  // namespace souk::loadtest
