// /api/audit-log: who signed in, and what administrators asked for and operators did.
// Threading: constants.
#pragma once

#include "api/audit/queries.h"
#include "api/audit/types.h"
#include "api/operation/operation.h"
#include "api/reports/operations.h"
#include "http/error_codes.h"

namespace souk::api {

inline constexpr Operation kListAuditLog{
    .name = "listAuditLog",
    .tag = Tag::kUsers,
    .summary = "List the audit log",
    .description =
        "Sign-ins, every change that an administrator asked for, whether or not it was made, and "
        "those of administrators by `souk admin`; the latest first. Failed sign-ins are counted by "
        "the minute, account and network; beyond 20 rows of a minute and node they are one row.",
    .path = "/api/audit-log",
    .access = kAdmin,
    .priority = http::Priority::kList,
    .statements = 2,
    .query = &kComponent<AuditListing>,
    .answers = {page<accounts::audit::Entry>("A page of the log.")}};

inline constexpr Operation kExportAuditLog{
    .name = "exportAuditLog",
    .tag = Tag::kUsers,
    .summary = "Export the audit log",
    .description =
        "The latest entry first. The answer is streamed; one without its proper end is "
        "incomplete.",
    .path = "/api/audit-log/export",
    .access = kAdmin,
    .priority = http::Priority::kExport,
    .statements = 1,
    .streamed_statements = "One for each 500 entries.",
    .query = &kComponent<AuditFilter>,
    .answers = {{.meaning = "The entries: a JSON array, one JSON object a line, or CSV with a "
                            "header.",
                 .shape = Reply::Shape::kArray,
                 .component = &kComponent<accounts::audit::Entry>,
                 .also_as = kExportTextTypes}},
    .refusals = {
        {http::errors::kNotAcceptable, "`Accept` names none of the answer's media types."}}};

}  // namespace souk::api
