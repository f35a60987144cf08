#include <fmt/ostream.h>

#include <chrono>
#include <fstream>
#include <iostream>

#include "api/bulk/product_files.h"
#include "api/reports/export_formats.h"
#include "app/commands/commands.h"
#include "app/commands/shop_database.h"
#include "base/failures.h"
#include "base/random.h"
#include "base/text.h"
#include "base/utf8.h"
#include "bulk/export.h"
#include "bulk/import.h"
#include "postgres/pool.h"
#include "runtime/loop.h"

namespace souk::app {
namespace {

using runtime::Context;
using runtime::Task;

constexpr auto kExamples = R"(Examples:
  souk catalog import products.csv --dry-run
  souk catalog import products.csv
  souk catalog export products.ndjson
  souk catalog export - --format csv | head)";

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::size_t kProgressRows = 10'000;
constexpr std::chrono::hours kLongestRun{24};

struct CatalogArguments {
  std::string file;
  std::string format;
  bool dry_run = false;
  bool create_categories = false;
  bool marked = false;
};

// CSV, unless the flag or the file's name says otherwise.
api::FileFormat format_of(const CatalogArguments& arguments) {
  const std::string_view file = arguments.file;
  const bool lines = file.ends_with(".ndjson") || file.ends_with(".jsonl");
  const auto named = value_of<api::FileFormat>(api::kFileFormatNames, arguments.format);
  return named.value_or(lines ? api::FileFormat::kNdjson : api::FileFormat::kCsv);
}

// A loop with a connection, for one task.
struct Session {
  explicit Session(const std::string& conninfo)
      : pool(loop, registry, {.conninfo = conninfo, .min_connections = 1, .max_connections = 3}) {
    context.deadline = std::chrono::steady_clock::now() + kLongestRun;
  }
  runtime::Loop loop;
  telemetry::Registry registry;
  postgres::Pool pool;
  Context context;
};

template <class Work>
Task<Result<>> with_pool(Session& session, Work work) {
  Result<> done;
  try {
    co_await session.pool.start();
    done = co_await work();
  } catch (const Failure& failure) {
    done = fail(ErrorCode::kUnavailable, failure.what());
  } catch (const postgres::StatementError& error) {
    done = fail(ErrorCode::kInternal, error.what());
  }
  co_await session.pool.close();
  co_return done;
}

int report(const Invocation& invocation, const Result<>& done) {
  if (done) return kExitOk;
  fmt::print(invocation.err, "souk: {}\n", done.error().detail);
  return kExitFailure;
}

Task<Result<>> import_rows(Session& session, bulk::Import& import, api::FileFormat format,
                           std::istream& in, std::ostream& progress) {
  const auto reader = api::product_reader(format);
  std::vector<bulk::Row> rows;
  std::string piece(kPieceBytes, '\0');
  std::size_t shown = 0;
  for (bool ended = false; !ended;) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    const auto read = static_cast<std::size_t>(in.gcount());
    ended = read == 0;
    auto taken = ended ? reader->end(rows) : reader->put({piece.data(), read}, rows);
    if (taken) taken = co_await import.add(session.context, rows);
    if (!taken) co_return taken;
    const auto number = import.so_far().rows;
    if (number - shown < kProgressRows) continue;
    shown = number - number % kProgressRows;
    fmt::print(progress, "souk: {} rows\n", shown);
  }
  co_await import.end(session.context);
  co_return Result<>();
}

Task<Result<>> import_file(Session& session, const CatalogArguments& arguments, std::istream& in,
                           const Invocation& invocation, bulk::Summary& summary) {
  const SystemClock clock;
  SystemRandom random;
  UuidGenerator ids(clock, random);
  bulk::Writer writer(session.pool, ids, session.registry, {});
  auto import = co_await bulk::Import::begin(
      session.context, writer,
      {.creates_categories = arguments.create_categories, .dry_run = arguments.dry_run},
      [&](const bulk::Row& row, const bulk::Problem& problem) {
        // Text of the file: a terminal must not take it for commands.
        fmt::print(invocation.out, "row {}{}{}{}{}: {}\n", row.number,
                   row.sku.empty() ? "" : ", SKU ",
                   one_line(clean_utf8(row.sku, catalog::kMaxSkuLength)),
                   problem.column.empty() ? "" : ", ", one_line(problem.column), problem.reason);
      });
  if (!import) co_return std::unexpected(std::move(import.error()));
  auto done = co_await import_rows(session, *import, format_of(arguments), in, invocation.err);
  summary = import->so_far();
  co_return done;
}

int run_import(const Invocation& invocation, const std::string& conninfo,
               const CatalogArguments& arguments) {
  using enum bulk::Outcome;
  std::ifstream file;
  if (arguments.file != "-") file.open(arguments.file, std::ios::binary);
  auto& in = arguments.file == "-" ? std::cin : file;
  if (!in) return report(invocation, fail(ErrorCode::kNotFound, "cannot read " + arguments.file));
  Session session(conninfo);
  bulk::Summary summary;
  const auto done = session.loop.run_until_done(
      with_pool(session, [&] { return import_file(session, arguments, in, invocation, summary); }));
  if (done || summary.rows > 0) {
    fmt::print(invocation.out, "{}{} rows: {} created, {} updated, {} unchanged, {} refused",
               arguments.dry_run ? "dry run, nothing is written; " : "", summary.rows,
               summary.of(kCreated), summary.of(kUpdated), summary.of(kUnchanged),
               summary.of(kRefused));
    fmt::print(invocation.out, "{}\n",
               summary.new_categories == 0
                   ? std::string()
                   : fmt::format("; new categories: {}", summary.new_categories));
  }
  const auto status = report(invocation, done);
  return status == kExitOk && summary.of(kRefused) > 0 ? kExitFailure : status;
}

Task<Result<>> export_file(Session& session, const CatalogArguments& arguments, std::ostream& out,
                           const Invocation& invocation) {
  const auto format = format_of(arguments);
  auto all = co_await bulk::Export::begin(session.pool, session.context);
  const auto left_out = co_await all.left_out();
  std::size_t count = 0;
  Buffer text;
  if (arguments.marked && format == api::FileFormat::kCsv) text.append(api::kByteOrderMark);
  api::begin_file(format, text);
  do {
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    text.clear();
    for (const auto& product : co_await all.next()) {
      api::write_row(format, product, text);
      ++count;
    }
  } while (!text.empty());
  out.flush();
  if (!out) co_return fail(ErrorCode::kInternal, "cannot write " + arguments.file);
  fmt::print(invocation.err, "souk: {} products", count);
  if (left_out > 0) fmt::print(invocation.err, "; {} have no SKU and are left out", left_out);
  fmt::print(invocation.err, "\n");
  co_return Result<>();
}

int run_export(const Invocation& invocation, const std::string& conninfo,
               const CatalogArguments& arguments) {
  std::ofstream file;
  if (arguments.file != "-") file.open(arguments.file, std::ios::binary | std::ios::trunc);
  auto& out = arguments.file == "-" ? invocation.out : file;
  if (!out) return report(invocation, fail(ErrorCode::kNotFound, "cannot write " + arguments.file));
  Session session(conninfo);
  return report(invocation, session.loop.run_until_done(with_pool(session, [&] {
    return export_file(session, arguments, out, invocation);
  })));
}

CLI::App& add_command(CLI::App& group, Invocation& invocation, const std::string& name,
                      const std::string& help, const std::shared_ptr<CatalogArguments>& arguments,
                      int (*run)(const Invocation&, const std::string&, const CatalogArguments&)) {
  auto& command = *group.add_subcommand(name, help);
  command.add_option("FILE", arguments->file, "The file; - is the standard one.")->required();
  command.add_option("--format", arguments->format, "Its format. [default: by its name, or csv]")
      ->check(CLI::IsMember({"csv", "ndjson"}));
  run_with_shop_database(
      command, invocation, WhereNoneIs::kRefuse,
      [&invocation, arguments, run](const EffectiveSettings&, const ShopDatabase& database) {
        return run(invocation, database.conninfo(), *arguments);
      });
  return command;
}

}  // namespace

void add_catalog(CLI::App& app, Invocation& invocation) {
  auto& catalog = *app.add_subcommand("catalog", "Import and export the products, CSV or NDJSON.");
  catalog.footer(kExamples);
  catalog.require_subcommand(1);
  const auto arguments = std::make_shared<CatalogArguments>();
  auto& import = add_command(catalog, invocation, "import", "Create and change products by a file.",
                             arguments, run_import);
  import.add_flag("--dry-run", arguments->dry_run, "Say what would be done, and write nothing.");
  import.add_flag("--create-categories", arguments->create_categories,
                  "Make the categories that paths lack, with their products.");
  add_command(catalog, invocation, "export", "Write all products that have a SKU into a file.",
              arguments, run_export)
      .add_flag("--bom", arguments->marked,
                "Begin CSV with a byte order mark, for spreadsheets that need one to read UTF-8.");
}

}  // namespace souk::app
