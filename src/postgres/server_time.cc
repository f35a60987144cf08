#include "postgres/server_time.h"

#include "base/parse.h"
#include "base/random.h"

namespace souk::postgres {

Result<Timestamp> server_time(BlockingConnection& database) {
  const auto rows = database.run("SELECT (1000000 * extract(epoch FROM now()))::bigint");
  if (!rows) return std::unexpected(rows.error());
  return Timestamp(std::chrono::microseconds(parse_integer(rows->text(0, 0)).value_or(0)));
}

Result<Uuid> new_id(BlockingConnection& database) {
  const auto now = server_time(database);
  if (!now) return std::unexpected(now.error());
  const ManualClock clock(*now);
  SystemRandom random;
  return UuidGenerator(clock, random).next();
}

}  // namespace souk::postgres
