#include "runtime/tls/server.h"

namespace souk::runtime {

Result<std::unique_ptr<TlsServer>> TlsServer::open(TlsServerConfig config) {
  std::unique_ptr<TlsServer> made(new TlsServer(std::move(config)));
  auto files = made->load();
  if (!files) return std::unexpected(std::move(files.error()));
  made->use(*std::move(files));
  return made;
}

std::shared_ptr<const TlsServerContext> TlsServer::current() const {
  const std::scoped_lock lock(mutex_);
  return current_;
}

Result<TlsServer::Files> TlsServer::load() {
  read_ = seen_ = file_states();
  Files files;
  auto context = TlsServerContext::load(config_, ticket_keys_);
  if (!context) return std::unexpected(std::move(context.error()));
  files.context = *std::move(context);
  if (!config_.ticket_keys.empty()) {
    auto keys = TicketKeys::read(config_.ticket_keys);
    if (!keys) return std::unexpected(std::move(keys.error()));
    files.ticket_keys = *std::move(keys);
  }
  return files;
}

void TlsServer::use(Files files) {
  if (!files.ticket_keys.empty()) ticket_keys_->replace(std::move(files.ticket_keys));
  const std::scoped_lock lock(mutex_);
  current_ = std::move(files.context);
}

bool TlsServer::needs_reload() {
  auto states = file_states();
  const bool at_rest = states == seen_;
  seen_ = std::move(states);
  return at_rest && seen_ != read_;
}

// Polled, not watched by inotify: that misses changes of network file systems, and of the folders
// that symbolic links (certbot, Kubernetes) lead through.
std::vector<TlsServer::FileState> TlsServer::file_states() const {
  std::vector<FileState> states;
  const auto add = [&states](const std::string& file) {
    struct stat found{};
    FileState state;
    if (::stat(file.c_str(), &found) == 0) {
      state = {
          .inode = found.st_ino,
          .size = found.st_size,
          .changed = found.st_mtim.tv_sec * std::int64_t{1'000'000'000} + found.st_mtim.tv_nsec};
    }
    states.push_back(state);
  };
  for (const auto* files : {&config_.certificates, &config_.keys, &config_.ocsp}) {
    for (const auto& file : *files) add(file);
  }
  if (!config_.ticket_keys.empty()) add(config_.ticket_keys);
  return states;
}

}  // namespace souk::runtime
