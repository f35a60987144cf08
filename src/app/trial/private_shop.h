// A shop for a measurement, and for it alone: a private PostgreSQL and Redis in a new folder,
// filled with the demo and more stock than any run sells, and nodes of `souk serve` as child
// processes. No other shop's data is read or changed.
//
// Threading: the main thread, whose end ends the children.
// Ownership: the destructor ends the nodes and the servers, and removes the folder.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/embedded/process.h"
#include "app/embedded/services.h"
#include "app/embedded/settle.h"
#include "app/settings.h"
#include "seed/demo_shop.h"

namespace souk::app {

// Settings by key: {"runtime.workers", "2"}.
using SettingList = std::vector<std::pair<std::string, std::string>>;

// Those that the user has set, for the nodes: without secrets, and without what the trial sets.
SettingList settings_for_nodes(const EffectiveSettings& effective);

// A new folder in `place`, whose owner this process has become if it was root. REQUIRES: no other
// thread exists. Ownership: removes the folder.
class TrialFolder {
 public:
  // Errors: kInvalidRequest when there is no such place, as settle().
  static Result<std::unique_ptr<TrialFolder>> make(const std::filesystem::path& place);
  TrialFolder(const TrialFolder&) = delete;
  TrialFolder& operator=(const TrialFolder&) = delete;
  ~TrialFolder();

  const std::filesystem::path& path() const { return settled_.path; }

 private:
  explicit TrialFolder(std::filesystem::path created) : created_(std::move(created)) {}

  std::filesystem::path created_;
  SettledFolder settled_;
};

// One node: `souk serve` on ports of its own.
class TrialNode {
 public:
  struct Spec {
    std::filesystem::path folder;  // of the log
    std::string name;
    std::vector<std::string> arguments;
  };
  // Returns when /readyz answers 200. Errors: kUnavailable with the end of its log.
  static Result<TrialNode> start(Spec spec);

  const std::string& url() const { return url_; }
  const std::string& operator_url() const { return operator_url_; }
  pid_t pid() const { return process_->pid(); }
  // SIGKILL, as a crash; and the same node on the same ports again.
  void kill();
  Result<> restart();

 private:
  explicit TrialNode(Spec spec) : spec_(std::move(spec)) {}
  Result<> run(const std::string& port);

  Spec spec_;
  std::optional<Process> process_;
  std::string url_;
  std::string operator_url_;
};

class PrivateShop {
 public:
  // `report` gets a line before each slow step. Errors: as EmbeddedServices::start() and seed().
  static Result<std::unique_ptr<PrivateShop>> start(
      const TrialFolder& folder, const seed::ShopSize& size, std::size_t database_connections,
      const std::function<void(std::string_view)>& report);

  Result<TrialNode> serve(std::string name, const SettingList& settings) const;

  const std::string& database_url() const { return services_.database_url(); }
  std::filesystem::path tokens() const { return folder_ / "loadtest-tokens.txt"; }
  std::filesystem::path admin_token() const { return folder_ / "admin-token.txt"; }
  std::filesystem::path password() const { return folder_ / "demo-password.txt"; }
  // Of the servers that run now; 0 while one does not.
  pid_t postgres() const;
  pid_t redis() const;

 private:
  PrivateShop(std::filesystem::path folder, EmbeddedServices services)
      : folder_(std::move(folder)), services_(std::move(services)) {}

  std::filesystem::path folder_;
  EmbeddedServices services_;
};

}  // namespace souk::app
