// A test's own PostgreSQL, which the test may stop, kill and restart. Only for tests.
// Threading: not synchronised. Ownership: ends with the object, or with the process.
#pragma once

#include <fmt/format.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace souk::postgres {

class TestServer {
 public:
  TestServer() {
    std::string pattern = std::filesystem::temp_directory_path() / "souk-postgres-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder can be made");
    folder_ = pattern;
    if (geteuid() == 0) {
      const auto* const user = getpwnam("postgres");
      if (user == nullptr) throw std::runtime_error("there is no user postgres");
      uid_ = user->pw_uid;
      gid_ = user->pw_gid;
      if (chown(folder_.c_str(), uid_, gid_) != 0) throw std::runtime_error("chown failed");
    }
    if (wait(run(making_a_cluster())) != 0) throw std::runtime_error("no cluster could be made");
    start();
  }
  ~TestServer() {
    stop(SIGQUIT);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::string conninfo() const {
    return fmt::format("postgresql://souk@/postgres?host={}", folder_);
  }

  // Returns when it accepts connections.
  void start() {
    pid_ = run({kPrograms + "postgres", "-D", data(), "-k", folder_, "-c",
                "listen_addresses=", "-c", "fsync=off"});
    while (!ready()) {
      if (waitpid(pid_, nullptr, WNOHANG) != 0) throw std::runtime_error("postgres did not start");
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  // SIGINT: fast; SIGQUIT: immediate, as after a crash. Returns when it has ended.
  void stop(int signal) {
    if (pid_ <= 0) return;
    kill(pid_, signal);
    wait(pid_);
    pid_ = 0;
  }

 private:
  inline static const std::string kPrograms = "/usr/lib/postgresql/15/bin/";

  // Copies the cluster that tools/with-servers keeps: a seventh of initdb's time.
  std::vector<std::string> making_a_cluster() const {
    const char* kept = std::getenv("SOUK_TEST_CLUSTER");
    if (kept != nullptr && std::filesystem::exists(kept)) {
      return {"/bin/cp", "-a", "--reflink=auto", kept, data()};
    }
    return {kPrograms + "initdb",
            "-D",
            data(),
            "-U",
            "souk",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C.UTF-8"};
  }

  std::string data() const { return folder_ + "/data"; }

  bool ready() const {
    std::ifstream file(data() + "/postmaster.pid");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return text.starts_with(std::to_string(pid_)) && text.find("ready") != text.npos;
  }

  pid_t run(std::vector<std::string> words) const {
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t child = fork();
    if (child != 0) return child;
    if (geteuid() == 0 && (setgid(gid_) != 0 || setuid(uid_) != 0)) _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    setsid();
    if (chdir("/") != 0 || freopen((folder_ + "/log").c_str(), "a", stdout) == nullptr ||
        dup2(fileno(stdout), STDERR_FILENO) < 0) {
      _exit(126);
    }
    execv(arguments[0], arguments.data());
    _exit(127);
  }

  static int wait(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::string folder_;
  uid_t uid_ = 0;
  gid_t gid_ = 0;
  pid_t pid_ = 0;
};

}  // namespace souk::postgres
