#include "seed/tokens.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <vector>

#include "accounts/token.h"
#include "seed/copy_table.h"

namespace souk::seed {
namespace {

using postgres::BlockingConnection;

constexpr auto kCustomers =
    "SELECT id FROM users WHERE role = 'customer' AND is_active ORDER BY id LIMIT $1";
constexpr auto kAdmin = "SELECT id FROM users WHERE role = 'admin' AND email = $1";

// That servers compare `expires_at` with.
Result<Timestamp> time_of(BlockingConnection& database) {
  const auto rows = database.run("SELECT (1000000 * extract(epoch FROM now()))::bigint");
  if (!rows) return std::unexpected(rows.error());
  const auto text = rows->text(0, 0);
  std::int64_t microseconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), microseconds);
  return Timestamp(std::chrono::microseconds(microseconds));
}

// One session for each user that `sql` finds. The load tester is to order what no customer may.
Result<> issue(BlockingConnection& database, const char* sql, const std::string& parameter,
               const std::filesystem::path& file, bool is_load_test) {
  if (file.empty()) return {};
  auto found = database.run(sql, {parameter});
  if (!found) return std::unexpected(found.error());
  std::vector<Uuid> users;
  for (int row = 0; row < found->size(); ++row) users.push_back(*Uuid::parse(found->text(row, 0)));

  const auto started = time_of(database);
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
  if (!done) return done;
  return write_private_file(file, tokens);
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

Result<> issue_tokens(BlockingConnection& database, const TokenFiles& files) {
  auto done =
      issue(database, kCustomers, fmt::to_string(files.customers_max), files.customers, true);
  if (done) done = issue(database, kAdmin, std::string(kAdminEmail), files.admin, false);
  return done;
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
