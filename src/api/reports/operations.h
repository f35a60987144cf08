// /api/orders/export and /api/reports: exports and sums of orders, for administrators.
// Threading: constants.
#pragma once

#include "api/operation/operation.h"
#include "api/reports/queries.h"
#include "api/reports/types.h"
#include "http/error_codes.h"

namespace souk::api {

inline constexpr std::array<std::string_view, 2> kExportTextTypes = {"application/x-ndjson",
                                                                     "text/csv; charset=utf-8"};
inline constexpr std::array<std::string_view, 1> kTableTextTypes = {"text/csv; charset=utf-8"};
inline constexpr std::array<std::string_view, 1> kReportTextTypes = {"text/plain; charset=utf-8"};

inline constexpr Operation kExportOrders{
    .name = "exportOrders",
    .tag = Tag::kOrders,
    .summary = "Export all orders of a time span",
    .description =
        "All orders as of the export's start, ordered by id, which is the order of creation. The "
        "answer is streamed. An answer without its proper end (the closing bracket, the last "
        "chunk) is incomplete: the client was too slow, the export's time limit was reached, or "
        "the database was lost. In CSV, amounts are in minor units, and a product's name that a "
        "spreadsheet would take for a formula, or that begins with an apostrophe, is prefixed with "
        "an apostrophe.",
    .path = "/api/orders/export",
    .access = kAdmin,
    .priority = http::Priority::kExport,
    .statements = 4,
    .streamed_statements = "One for each 2,000 items.",
    .query = &kComponent<ExportSpan>,
    .answers = {{.meaning = "The orders: a JSON array, one JSON object a line, or CSV with a "
                            "header and a line for each item.",
                 .shape = Reply::Shape::kArray,
                 .component = &kComponent<reports::ExportedOrder>,
                 .also_as = kExportTextTypes}},
    .refusals = {
        {http::errors::kNotAcceptable, "`Accept` names none of the answer's media types."}}};

inline constexpr Operation kReportOrders{
    .name = "reportOrders",
    .tag = Tag::kOrders,
    .summary = "Sum up the orders of a time span",
    .description =
        "The sums contain orders that are neither cancelled nor refunded. As text, a line for each "
        "order follows the sums, streamed like an export.",
    .path = "/api/reports/orders",
    .access = kAdmin,
    .priority = http::Priority::kExport,
    .statements = 7,
    .streamed_statements = "As text: one for each 2,000 items.",
    .query = &kComponent<ReportSpan>,
    .answers = {{.meaning = "The report.",
                 .shape = Reply::Shape::kOne,
                 .component = &kComponent<reports::OrderReport>,
                 .also_as = kReportTextTypes}},
    .refusals = {
        {http::errors::kNotAcceptable, "`Accept` names none of the answer's media types."}}};

inline constexpr Operation kReportConversion{
    .name = "reportConversion",
    .tag = Tag::kOrders,
    .summary = "Count sessions, holds, orders and payments by day",
    .description =
        "Sessions are counted from the audit log, which keeps them for `accounts.audit_retention`; "
        "holds of which nothing is left after `jobs.history_retention` are not in it.",
    .path = "/api/reports/conversion",
    .access = kAdmin,
    .priority = http::Priority::kExport,
    .statements = 5,
    .query = &kComponent<ReportSpan>,
    .answers = {{.meaning = "The report; as CSV a header and a line for each day.",
                 .shape = Reply::Shape::kOne,
                 .component = &kComponent<reports::ConversionReport>,
                 .also_as = kTableTextTypes}},
    .refusals = {
        {http::errors::kNotAcceptable, "`Accept` names none of the answer's media types."}}};

inline constexpr Operation kReportVisits{
    .name = "reportVisits",
    .tag = Tag::kOrders,
    .summary = "Count visits and what became of them by response time",
    .description =
        "Visits of customers who signed in, by the mean response time of their reads that "
        "succeeded. A visit is what a session asks of one node until it pauses for 30 minutes; it "
        "is counted when it has ended, on the day (UTC) on which it began. Visits in progress are "
        "lost when their node is killed.",
    .path = "/api/reports/visits",
    .access = kAdmin,
    .priority = http::Priority::kExport,
    .statements = 2,
    .query = &kComponent<VisitDays>,
    .answers = {{.meaning = "The report; as CSV a header and a line for each group.",
                 .shape = Reply::Shape::kOne,
                 .component = &kComponent<reports::VisitReport>,
                 .also_as = kTableTextTypes}},
    .refusals = {
        {http::errors::kNotAcceptable, "`Accept` names none of the answer's media types."}}};

}  // namespace souk::api
