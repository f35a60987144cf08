// An operator's view of jobs, as JSON.
// Threading: constants.
#pragma once

#include "api/wire/describe.h"
#include "jobs/store.h"

namespace souk::api {

// Selects dead letters; all without a kind.
struct JobReplay {
  std::optional<std::string> kind;
};

struct JobsReplayed {
  std::int64_t replayed = 0;
};

template <>
inline constexpr auto describe<jobs::store::KindState> =
    object({.name = "JobKind", .meaning = "The numbers of jobs of a kind."},
           field("kind", &jobs::store::KindState::kind),
           field("depth", &jobs::store::KindState::depth,
                 {.meaning = "Jobs not done yet, including claimed ones.", .minimum = 0}),
           field("claimed", &jobs::store::KindState::claimed,
                 {.meaning = "Jobs claimed by a node.", .minimum = 0}),
           field("failing", &jobs::store::KindState::failing,
                 {.meaning = "Jobs waiting after a failed attempt.", .minimum = 0}),
           field("oldestAgeSeconds",
                 +[](const jobs::store::KindState& state) -> std::optional<std::int64_t> {
                   if (!state.oldest_age) return std::nullopt;
                   return std::chrono::floor<std::chrono::seconds>(*state.oldest_age).count();
                 },
                 {.meaning = "The age of the oldest job that is not done."}),
           field("dead", &jobs::store::KindState::dead, {.meaning = "Dead jobs.", .minimum = 0}));

template <>
inline constexpr auto describe<jobs::store::DeadLetter> = object(
    {.name = "DeadJob", .meaning = "A job whose attempts have all failed."},
    field(
        "id", +[](const jobs::store::DeadLetter& letter) { return letter.job.id; }),
    field(
        "kind",
        +[](const jobs::store::DeadLetter& letter) { return std::string_view(letter.job.kind); }),
    field(
        "aggregateId", +[](const jobs::store::DeadLetter& letter) { return letter.job.aggregate; }),
    field("payload",
          +[](const jobs::store::DeadLetter& letter) { return RawJson{letter.job.payload}; },
          {.meaning = "The job's arguments."}),
    field(
        "attempts", +[](const jobs::store::DeadLetter& letter) { return letter.job.attempt; }),
    field(
        "createdAt", +[](const jobs::store::DeadLetter& letter) { return letter.job.created_at; }),
    field("failedAt", &jobs::store::DeadLetter::failed_at),
    field("lastError", &jobs::store::DeadLetter::last_error));

template <>
inline constexpr auto describe<JobReplay> =
    object({.name = "JobReplay",
            .meaning = "The dead jobs to run again: of one kind, or all without `kind`.",
            .example = R"({"kind":"order.placed"})"},
           field("kind", &JobReplay::kind, {.presence = Presence::kOptional}));

template <>
inline constexpr auto describe<JobsReplayed> =
    object({.name = "JobsReplayed", .meaning = "The result of a replay."},
           field("replayed", &JobsReplayed::replayed,
                 {.meaning = "Jobs that are run again.", .minimum = 0}));

}  // namespace souk::api
