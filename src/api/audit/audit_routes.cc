#include "api/audit/audit_routes.h"

#include <utility>

#include "api/audit/operations.h"
#include "api/operation/cursor.h"
#include "api/operation/parameters.h"
#include "api/reports/export_formats.h"
#include "api/wire/wire.h"
#include "base/rfc3339.h"

namespace souk::api {

using http::Request;
using runtime::Context;
using runtime::Task;

namespace audit = accounts::audit;

namespace {

constexpr std::chrono::seconds kPieceTimeout{10};  // of a page of an export

audit::Filter filter_of(const AuditFilter& wanted) {
  const auto time = [](const std::optional<TimeOrDate>& end) {
    return end ? std::optional(end->time) : std::nullopt;
  };
  return {.user = wanted.user,
          .action = wanted.action,
          .from = time(wanted.from),
          .to = time(wanted.to)};
}

enum class Format : std::uint8_t { kArray, kLines, kCsv };  // as kExportTypes

// Reads the next page when the client has received the previous one.
class AuditStream final : public http::BodyStream {
 public:
  AuditStream(postgres::Pool& pool, audit::Filter filter, Format format)
      : pool_(pool), filter_(std::move(filter)), format_(format) {}

  Task<bool> next(Buffer& out) override {
    if (ended_) co_return false;
    if (!begun_) begin(out);
    Context context;
    context.deadline = std::chrono::steady_clock::now() + kPieceTimeout;
    const auto page = co_await audit::page(pool_, context, filter_, audit::kMaxPageSize, before_);
    for (const auto& entry : page) write_entry(entry, out);
    ended_ = page.size() < audit::kMaxPageSize;
    if (!page.empty()) before_ = page.back().id;
    if (ended_ && format_ == Format::kArray) out.append("\n]\n");
    co_return !out.empty();
  }

 private:
  void begin(Buffer& out) {
    begun_ = true;
    if (format_ == Format::kArray) out.append('[');
    if (format_ == Format::kCsv) out.append("id,at,userId,action,subject,network,times\r\n");
  }

  void write_entry(const audit::Entry& entry, Buffer& out) {
    if (format_ == Format::kCsv) return write_csv(entry, out);
    if (format_ == Format::kArray) out.append(std::exchange(first_, false) ? "\n" : ",\n");
    JsonWriter json(out);
    write(json, entry);
    if (format_ == Format::kLines) out.append('\n');
  }

  static void write_csv(const audit::Entry& entry, Buffer& out) {
    out.append(entry.id.to_string());
    out.append(',');
    format_rfc3339(entry.at, out.prepare(kRfc3339Size));
    out.commit(kRfc3339Size);
    out.append(',');
    if (entry.user_id) out.append(entry.user_id->value.to_string());
    for (const std::string_view text :
         {std::string_view(entry.action), std::string_view(entry.subject),
          std::string_view(entry.network)}) {
      out.append(',');
      write_csv_text(text, out);
    }
    out.append(fmt::format(",{}", entry.times));
    out.append("\r\n");
  }

  postgres::Pool& pool_;
  const audit::Filter filter_;
  const Format format_;
  std::optional<Uuid> before_;
  bool begun_ = false;
  bool ended_ = false;
  bool first_ = true;
};

}  // namespace

void AuditRoutes::each(auto add) {
  add(kListAuditLog, &AuditRoutes::list);
  add(kExportAuditLog, &AuditRoutes::export_all);
}

void AuditRoutes::add_to(Routes& routes) {
  each([&](const Operation& operation, auto handler) { routes.add(operation, *this, handler); });
}

void AuditRoutes::list_operations(std::vector<const Operation*>& operations) {
  each([&](const Operation& operation, auto) { operations.push_back(&operation); });
}

Answer AuditRoutes::list(Context& context, const Request&, AuditListing listing) {
  std::optional<Uuid> before;
  if (listing.cursor) {
    before = Uuid::parse(*listing.cursor);
    if (!before) co_return refuse_cursor();
  }
  auto entries =
      co_await audit::page(pool_, context, filter_of(listing), listing.limit + 1, before);
  std::optional<std::string> next;
  if (entries.size() > listing.limit) {
    entries.pop_back();
    next = entries.back().id.to_string();
  }
  co_return http::json(200, page_of(entries, next));
}

Answer AuditRoutes::export_all(Context&, const Request& request, AuditFilter filter) {
  const auto type = wanted_type(request, kExportTypes);
  if (!type) co_return std::unexpected(type.error());
  static constexpr std::array<std::string_view, 3> kContentTypes = {
      http::kJsonType, "application/x-ndjson", "text/csv; charset=utf-8"};
  co_return http::stream(
      200, kContentTypes[*type],
      std::make_unique<AuditStream>(pool_, filter_of(filter), static_cast<Format>(*type)));
}

}  // namespace souk::api
