#include "seed/tokens.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "accounts/token.h"
#include "postgres/server_time.h"
#include "seed/copy_table.h"

namespace souk::seed {
namespace {

using postgres::BlockingConnection;

constexpr auto kCustomers =
    "SELECT id FROM users WHERE role = 'customer' AND is_active ORDER BY id LIMIT $1";
constexpr auto kAdmin = "SELECT id FROM users WHERE role = 'admin' AND email = $1";

// One session for each user that `sql` finds; returns their tokens as lines. Load-test sessions may
// exceed a customer's limits.
Result<std::string> issue(BlockingConnection& database, const char* sql,
                          const std::string& parameter, bool is_load_test) {
  auto found = database.run(sql, {parameter});
  if (!found) return std::unexpected(found.error());
  std::vector<Uuid> users;
  for (int row = 0; row < found->size(); ++row) users.push_back(*Uuid::parse(found->text(row, 0)));

  const auto started = postgres::server_time(database);
  if (!started) return std::unexpected(started.error());
  const Timestamp now = *started;
  std::string tokens;
  auto done = copy_table(
      database, "sessions (token_hash, user_id, created_at, expires_at, is_load_test)", Freeze::kNo,
      users.size(),
      [&](std::uint64_t number, RowBuffer& rows) {
        const auto token = accounts::make_token();
        tokens.append(token).append("\n");
        rows.add(*accounts::hash_token(token), users[number], now, now + kSessionLifetime,
                 is_load_test);
      },
      [](std::uint64_t) {});
  if (!done) return std::unexpected(done.error());
  return tokens;
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(file, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

Result<> issue_tokens(BlockingConnection& database, const TokenFiles& files, WhereNobodyIs nobody) {
  struct Kind {
    const std::filesystem::path& file;
    const char* users;
    std::string parameter;
    bool is_load_test;
    std::string_view missing;
    std::string tokens = {};
  };
  std::array kinds{Kind{.file = files.customers,
                        .users = kCustomers,
                        .parameter = fmt::to_string(files.customers_max),
                        .is_load_test = true,
                        .missing = "no active customer"},
                   Kind{.file = files.admin,
                        .users = kAdmin,
                        .parameter = std::string(kAdminEmail),
                        .is_load_test = false,
                        .missing = "no administrator admin@souk.example"}};
  for (auto& kind : kinds) {
    if (kind.file.empty()) continue;
    auto tokens = issue(database, kind.users, kind.parameter, kind.is_load_test);
    if (!tokens) return std::unexpected(tokens.error());
    if (tokens->empty() && nobody == WhereNobodyIs::kRefuse) {
      return fail(ErrorCode::kPreconditionFailed,
                  fmt::format("The shop has {}: no token was made", kind.missing));
    }
    kind.tokens = *std::move(tokens);
  }
  for (const auto& kind : kinds) {
    if (kind.file.empty()) continue;
    if (auto written = write_private_file(kind.file, kind.tokens); !written) return written;
  }
  return {};
}

Result<> write_private_file(const std::filesystem::path& path, std::string_view text) {
  const auto fresh = path.string() + ".new";
  ::unlink(fresh.c_str());
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool written = file >= 0 && write_all(file, text) && ::fsync(file) == 0;
  written = written && ::rename(fresh.c_str(), path.c_str()) == 0;
  const int reason = errno;
  if (file >= 0) ::close(file);
  if (written) return {};
  return fail(ErrorCode::kInternal,
              fmt::format("cannot write {}: {}", path.string(), std::strerror(reason)));
}

}  // namespace souk::seed
