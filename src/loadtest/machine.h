// What a run uses of this machine, and what it ran on, from /proc.
// Threading: plain functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace souk::loadtest {

// CPU seconds since some fixed time; differences count. Processes are told apart by name, so that
// those of other shops on the machine are counted too, and none of another machine.
struct CpuTimes {
  double machine = 0;    // of all cores, busy
  double generator = 0;  // this process
  double postgres = 0;
  double redis = 0;

  CpuTimes operator-(const CpuTimes& earlier) const;
};
CpuTimes read_cpu_times();

// The user and system time of a line of /proc/PID/stat, in clock ticks, with the process's name;
// nothing when it is none.
struct ProcessTimes {
  std::string name;
  std::uint64_t ticks = 0;
};
std::optional<ProcessTimes> parse_process(const std::string& line);

struct Environment {
  std::string version;  // of this program, as all up to compiler
  std::string commit;
  std::string build_type;
  std::string compiler;
  std::string kernel;
  std::string processor;
  unsigned cores = 0;
  std::uint64_t memory_bytes = 0;
};
Environment read_environment();

}  // namespace souk::loadtest
