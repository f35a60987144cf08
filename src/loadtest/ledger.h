// The orders that the shop has acknowledged: in memory, and optionally in a file, line by line as
// they are acknowledged, so that an audit is possible after any crash.
//
// File: "stock PRODUCT UNITS" and "keyless ORDERS" (the baseline), then "order ID KEY" for each
// acknowledgement. A last line without a line end was cut off and is ignored.
//
// Threading: write() from any thread; the rest from one. Ownership: owns its descriptor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/uuid.h"

namespace souk::loadtest {

struct Acknowledged {
  Uuid order;
  Uuid key;
};

// The shop's data before the run.
struct Baseline {
  // By product, ascending: units in stock plus units in orders that were not cancelled. No sale
  // changes the sum.
  std::vector<std::pair<Uuid, std::int64_t>> units;
  std::int64_t keyless_orders = 0;  // orders without an idempotency key
};

// The content of a file.
struct Ledger {
  std::optional<Baseline> baseline;
  std::vector<Acknowledged> orders;
};

class LedgerFile {
 public:
  // Creates the file or empties it. Errors: invalid_request, naming the file.
  static Result<LedgerFile> create(const std::string& path,
                                   const std::optional<Baseline>& baseline);
  LedgerFile(LedgerFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  LedgerFile& operator=(LedgerFile&&) = delete;
  ~LedgerFile();

  // One write to the kernel, which survives the end of this process. False when it failed.
  bool write(const Acknowledged& order) const;

 private:
  explicit LedgerFile(int fd) : fd_(fd) {}
  int fd_;
};

// Errors: invalid_request, naming the file and the line.
Result<Ledger> read_ledger(const std::string& path);

}  // namespace souk::loadtest
