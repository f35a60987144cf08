#include "loadtest/ledger.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <sstream>

#include "base/files.h"
#include "base/parse.h"

namespace souk::loadtest {
namespace {

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::string as_text(const Baseline& baseline) {
  std::string text = fmt::format("keyless {}\n", baseline.keyless_orders);
  for (const auto& [product, units] : baseline.units) {
    fmt::format_to(std::back_inserter(text), "stock {} {}\n", product.to_string(), units);
  }
  return text;
}

// "KIND FIRST [SECOND]"
struct Line {
  std::string_view kind;
  std::string_view first;
  std::string_view second;

  explicit Line(std::string_view text) {
    for (auto* part : {&kind, &first, &second}) {
      const auto space = text.find(' ');
      *part = text.substr(0, space);
      text.remove_prefix(space == text.npos ? text.size() : space + 1);
    }
  }
};

bool take(const Line& line, Ledger& ledger) {
  const auto id = Uuid::parse(line.first);
  if (line.kind == "order") {
    const auto key = Uuid::parse(line.second);
    if (!id || !key) return false;
    ledger.orders.push_back({*id, *key});
    return true;
  }
  if (!ledger.baseline) ledger.baseline.emplace();
  if (line.kind == "stock") {
    const auto units = parse_integer(line.second);
    if (!id || !units) return false;
    ledger.baseline->units.emplace_back(*id, *units);
    return true;
  }
  const auto orders = parse_integer(line.first);
  if (line.kind != "keyless" || !orders) return false;
  ledger.baseline->keyless_orders = *orders;
  return true;
}

}  // namespace

Result<LedgerFile> LedgerFile::create(const std::string& path,
                                      const std::optional<Baseline>& baseline) {
  LedgerFile file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644));
  if (file.fd_ < 0 || (baseline && !write_all(file.fd_, as_text(*baseline)))) {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  }
  return file;
}

LedgerFile::~LedgerFile() {
  if (fd_ >= 0) ::close(fd_);
}

bool LedgerFile::write(const Acknowledged& order) const {
  std::array<char, 6 + 36 + 1 + 36 + 1> line;
  std::memcpy(line.data(), "order ", 6);
  order.order.format_to(line.data() + 6);
  line[42] = ' ';
  order.key.format_to(line.data() + 43);
  line[79] = '\n';
  return write_all(fd_, {line.data(), line.size()});
}

Result<Ledger> read_ledger(const std::string& path) {
  const auto all = read_file(path);
  if (!all) return fail(ErrorCode::kInvalidRequest, all.error());
  std::istringstream file(*all);
  Ledger ledger;
  std::string text;
  for (std::size_t number = 1; std::getline(file, text); ++number) {
    if (file.eof()) break;  // no line end: the writer was killed while writing
    if (!take(Line(text), ledger)) {
      return fail(ErrorCode::kInvalidRequest,
                  fmt::format("{}:{}: not a line of a load test's ledger", path, number));
    }
  }
  return ledger;
}

}  // namespace souk::loadtest
