// The certificates that a process serves with: the context for new connections, replaced when its
// files change. Connections keep the context that they began with.
//
// Threading: current() from any thread; the rest on one.
// Ownership: owns the context together with its connections.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <mutex>
#include <vector>

#include "runtime/tls/server_context.h"

namespace souk::runtime {

class TlsServer {
 public:
  // Errors: those of TlsServerContext::load().
  static Result<std::unique_ptr<TlsServer>> open(TlsServerConfig config);

  std::shared_ptr<const TlsServerContext> current() const;
  // What the files say, checked.
  struct Files {
    std::shared_ptr<const TlsServerContext> context;
    std::vector<TicketKeys::Key> ticket_keys;  // none: of this process
  };
  // Reads the files again, and changes nothing. Errors: as open().
  Result<Files> load();
  void use(Files files);
  // Whether a file has changed since it was last read, and was at rest between two calls: files of
  // a pair are replaced one after the other.
  bool needs_reload();

 private:
  struct FileState {
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t changed = 0;  // nanoseconds
    bool operator==(const FileState&) const = default;
  };

  explicit TlsServer(TlsServerConfig config) : config_(std::move(config)) {}
  std::vector<FileState> file_states() const;

  const TlsServerConfig config_;
  const std::shared_ptr<TicketKeys> ticket_keys_ = std::make_shared<TicketKeys>();
  std::vector<FileState> read_;  // when they were last read
  std::vector<FileState> seen_;  // at the last needs_reload()
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsServerContext> current_;
};

}  // namespace souk::runtime
