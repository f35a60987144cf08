// /api/vitals: what a storefront's pages report of themselves.
// Threading: constants.
#pragma once

#include "api/operation/operation.h"
#include "api/vitals/types.h"

namespace souk::api {

inline constexpr std::size_t kMaxVitalsBytes = 1'024;

inline constexpr Operation kReportVitals{
    .name = "reportVitals",
    .tag = Tag::kMeta,
    .summary = "Report how fast a page was",
    .description =
        "For a script of the storefront (docs/vitals.md), once for each view of a page. Only "
        "histograms are kept, in the metrics: nothing of the visitor.",
    .method = http::Method::kPost,
    .path = "/api/vitals",
    .priority = http::Priority::kExport,
    .quota = http::Quota::kReads,
    .takes = body<vitals::Report>(kMaxVitalsBytes),
    .answers = {nothing("Counted.")}};

}  // namespace souk::api
