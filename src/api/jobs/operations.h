// /api/jobs: the state of jobs, and replay and deletion of dead letters, for operators.
// Threading: constants.
#pragma once

#include "api/jobs/queries.h"
#include "api/jobs/types.h"
#include "api/operation/operation.h"

namespace souk::api {

inline constexpr std::size_t kMaxReplayBytes = 4 * 1024;

inline constexpr Operation kListJobs{
    .name = "listJobs",
    .tag = Tag::kJobs,
    .summary = "Count the jobs",
    .description = "By kind, of all nodes.",
    .path = "/api/jobs",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .served_on = http::ServedOn::kOperator,
    .statements = 2,
    .answers = {all<jobs::store::KindState>("The kinds that have jobs.")}};

inline constexpr Operation kListDeadJobs{
    .name = "listDeadJobs",
    .tag = Tag::kJobs,
    .summary = "List dead jobs",
    .description = "The latest 100 jobs whose attempts have all failed, latest first.",
    .path = "/api/jobs/dead",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .served_on = http::ServedOn::kOperator,
    .statements = 2,
    .query = &kComponent<DeadJobFilter>,
    .answers = {all<jobs::store::DeadLetter>("The jobs.")}};

inline constexpr Operation kDropDeadJob{.name = "dropDeadJob",
                                        .tag = Tag::kJobs,
                                        .summary = "Delete a dead job",
                                        .description = "The job is never run again.",
                                        .method = http::Method::kDelete,
                                        .path = "/api/jobs/dead/{id}",
                                        .access = kAdmin,
                                        .priority = http::Priority::kOperator,
                                        .served_on = http::ServedOn::kOperator,
                                        .statements = 2,
                                        .answers = {nothing("Deleted.")}};

inline constexpr Operation kReplayDeadJob{
    .name = "replayDeadJob",
    .tag = Tag::kJobs,
    .summary = "Run a dead job again",
    .description =
        "The job is appended again with its id, behind the waiting jobs of its aggregate.",
    .method = http::Method::kPost,
    .path = "/api/jobs/dead/{id}/replay",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .served_on = http::ServedOn::kOperator,
    .statements = 2,
    .answers = {one<JobsReplayed>(200, "How many are run again.")}};

inline constexpr Operation kReplayDeadJobs{
    .name = "replayDeadJobs",
    .tag = Tag::kJobs,
    .summary = "Run dead jobs again",
    .description =
        "The oldest thousand of one kind, or of all. Repeat the request until none is left.",
    .method = http::Method::kPost,
    .path = "/api/jobs/replays",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .served_on = http::ServedOn::kOperator,
    .statements = 2,
    .takes = body<JobReplay>(kMaxReplayBytes),
    .answers = {one<JobsReplayed>(200, "How many are run again.")}};

}  // namespace souk::api
