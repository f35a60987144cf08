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
inline constexpr auto describe<jobs::store::KindState> = object(
    {.name = "JobKind", .meaning = "How the jobs of a kind stand."},
    field("kind", &jobs::store::KindState::kind),
    field("depth", &jobs::store::KindState::depth,
          {.meaning = "Not done yet, in work included.", .minimum = 0}),
    field("claimed", &jobs::store::KindState::claimed, {.meaning = "In work.", .minimum = 0}),
    field("failing", &jobs::store::KindState::failing,
          {.meaning = "Waiting after an attempt.", .minimum = 0}),
    field("oldestAgeSeconds",
          +[](const jobs::store::KindState& state) -> std::optional<std::int64_t> {
            if (!state.oldest_age) return std::nullopt;
            return std::chrono::floor<std::chrono::seconds>(*state.oldest_age).count();
          },
          {.meaning = "Of those not done."}),
    field("dead", &jobs::store::KindState::dead, {.meaning = "Given up.", .minimum = 0}));

template <>
inline constexpr auto describe<jobs::store::DeadLetter> = object(
    {.name = "DeadJob", .meaning = "A job that was given up."},
    field(
        "id", +[](const jobs::store::DeadLetter& letter) { return letter.job.id; }),
    field(
        "kind",
        +[](const jobs::store::DeadLetter& letter) { return std::string_view(letter.job.kind); }),
    field(
        "aggregateId", +[](const jobs::store::DeadLetter& letter) { return letter.job.aggregate; }),
    field("payload",
          +[](const jobs::store::DeadLetter& letter) { return RawJson{letter.job.payload}; },
          {.meaning = "What it was appended with."}),
    field(
        "attempts", +[](const jobs::store::DeadLetter& letter) { return letter.job.attempt; }),
    field(
        "createdAt", +[](const jobs::store::DeadLetter& letter) { return letter.job.created_at; }),
    field("failedAt", &jobs::store::DeadLetter::failed_at),
    field("lastError", &jobs::store::DeadLetter::last_error));

template <>
inline constexpr auto describe<JobReplay> =
    object({.name = "JobReplay",
            .meaning = "Which dead jobs to run again: all where it names no kind.",
            .example = R"({"kind":"order.placed"})"},
           field("kind", &JobReplay::kind, {.presence = Presence::kOptional}));

template <>
inline constexpr auto describe<JobsReplayed> =
    object({.name = "JobsReplayed", .meaning = "What a replay did."},
           field("replayed", &JobsReplayed::replayed,
                 {.meaning = "Jobs that are run again.", .minimum = 0}));

}  // namespace souk::api
