// Parts of a job that can never be done: each becomes a dead letter alone, and its job is done
// without it. At once, not after the attempts of a job: the rest would be done again each time.
//
// Threading: any loop. Ownership: what is given by reference outlives the task.
#pragma once

#include <chrono>
#include <exception>
#include <string>
#include <string_view>

#include "jobs/types.h"
#include "postgres/pool.h"
#include "telemetry/metrics.h"

namespace souk::jobs {

inline constexpr std::chrono::seconds kBuryTimeout{10};

// Whether a write of several items may have failed because of one, so that the others may succeed
// without it: not when infrastructure is lost.
bool blames_items(const std::exception_ptr& failure);

// Why an item that was tried alone is refused. Throws the failure if it may pass: lost
// infrastructure, a lock that was not granted in time.
std::string why_refused(const std::exception_ptr& failure);

// Keeps `part` as a dead letter, unless one of its id is there already.
runtime::Task<void> bury(postgres::Pool& pool, telemetry::Registry& registry, const Job& part,
                         std::string_view reason);

}  // namespace souk::jobs
