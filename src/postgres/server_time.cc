#include "postgres/server_time.h"

#include "base/parse.h"

namespace souk::postgres {

Result<Timestamp> server_time(BlockingConnection& database) {
  const auto rows = database.run("SELECT (1000000 * extract(epoch FROM now()))::bigint");
  if (!rows) return std::unexpected(rows.error());
  return Timestamp(std::chrono::microseconds(parse_integer(rows->text(0, 0)).value_or(0)));
}

}  // namespace souk::postgres
