#include "api/bulk/bulk_routes.h"

#include <algorithm>
#include <chrono>

#include "api/wire/wire.h"
#include "base/utf8.h"
#include "http/error_codes.h"
#include "http/incoming_body.h"

namespace souk::api {

using http::Request;
using runtime::Context;
using runtime::Task;

namespace {

// The body's own time-out is shorter for clients that do not send.
constexpr std::chrono::minutes kMaxImportTime{10};

Result<FileFormat> format_of(const Request& request) {
  const auto type = request.headers.find("Content-Type").value_or(std::string_view());
  const auto plain = type.substr(0, type.find_first_of("; \t"));
  for (std::size_t i = 0; i < kFileTypes.size(); ++i) {
    if (http::equals_ignoring_case(plain, kFileTypes[i])) return static_cast<FileFormat>(i);
  }
  return fail(http::errors::kUnsupportedMediaType,
              "the body must be text/csv or application/x-ndjson");
}

ImportReport report_of(const bulk::Summary& summary, std::vector<RowProblem> problems) {
  using enum bulk::Outcome;
  return {.rows = summary.rows,
          .created = summary.of(kCreated),
          .updated = summary.of(kUpdated),
          .unchanged = summary.of(kUnchanged),
          .refused = summary.of(kRefused),
          .new_categories = summary.new_categories,
          .problems = std::move(problems)};
}

bulk::Row row_of(BulkChange change) {
  bulk::Row row{.id = change.id, .sku = change.sku.value_or(""), .stock = change.stock};
  row.patch.price = change.price;
  if (change.id.has_value() == change.sku.has_value()) {
    row.problem = bulk::Problem{"", "must have an id or a sku, and not both"};
  }
  return row;
}

}  // namespace

void BulkRoutes::each(auto add) {
  add(kImportProducts, &BulkRoutes::import);
  add(kChangeProducts, &BulkRoutes::change);
}

void BulkRoutes::add_to(Routes& routes) {
  each([&](const Operation& operation, auto handler) { routes.add(operation, *this, handler); });
}

void BulkRoutes::list_operations(std::vector<const Operation*>& operations) {
  each([&](const Operation& operation, auto) { operations.push_back(&operation); });
}

Answer BulkRoutes::import(Context& context, const Request& request, ImportOptions options) {
  const auto format = format_of(request);
  if (!format) co_return std::unexpected(format.error());
  context.deadline = std::chrono::steady_clock::now() + kMaxImportTime;
  const auto report = co_await run_import(
      context, request, *format,
      {.creates_categories = options.create_categories, .dry_run = options.dry_run});
  if (!report) co_return std::unexpected(report.error());
  co_return http::json(200, body_of(*report));
}

Task<Result<ImportReport>> BulkRoutes::run_import(Context& context, const Request& request,
                                                  FileFormat format, bulk::Mode mode) {
  std::vector<RowProblem> problems;
  auto import = co_await bulk::Import::begin(
      context, writer_, mode, [&](const bulk::Row& row, const bulk::Problem& problem) {
        if (problems.size() == kMaxReportedProblems) return;
        problems.push_back({row.number, clean_utf8(row.sku, catalog::kMaxSkuLength), problem.column,
                            problem.reason});
      });
  if (!import) co_return std::unexpected(std::move(import.error()));
  const auto reader = product_reader(format);
  std::vector<bulk::Row> rows;
  for (;;) {
    const auto piece = co_await request.arriving->next();
    if (!piece) {
      co_return fail(http::code_of_refusal(piece.error().status),
                     std::string(piece.error().detail));
    }
    const bool ended = piece->empty();
    auto read = ended ? reader->end(rows) : reader->put(*piece, rows);
    if (!read) co_return std::unexpected(std::move(read.error()));
    auto added = co_await import->add(context, rows);
    if (!added) co_return std::unexpected(std::move(added.error()));
    if (ended) break;
  }
  const auto summary = co_await import->end(context);
  co_return report_of(summary, std::move(problems));
}

Answer BulkRoutes::change(Context& context, const Request&, BulkChanges changes) {
  if (changes.items.empty() || changes.items.size() > bulk::kMaxChanges) {
    co_return fail(ErrorCode::kValidationFailed, "the changes are not valid",
                   {{"/items", fmt::format("must be 1 to {}", bulk::kMaxChanges)}});
  }
  std::vector<bulk::Row> rows;
  std::vector<BulkResult> results;
  rows.reserve(changes.items.size());
  results.reserve(changes.items.size());
  for (auto& change : changes.items) {
    results.push_back({.id = change.id, .sku = change.sku});
    rows.push_back(row_of(std::move(change)));
  }
  auto verdicts = co_await writer_.apply(context, rows, {.creates = false});
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    auto& [outcome, id, problem] = verdicts[i];
    if (id) results[i].id = id;
    results[i].outcome = outcome;
    if (outcome == bulk::Outcome::kRefused) results[i].problem = std::move(problem);
  }
  co_return http::json(200, page_of(results));
}

}  // namespace souk::api
