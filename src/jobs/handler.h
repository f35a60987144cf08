// Runs the jobs of one or more kinds.
// Threading: the loop of the node's jobs. Ownership: the caller's; outlives the Runner.
#pragma once

#include <map>
#include <string_view>

#include "jobs/types.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::jobs {

class Handler {
 public:
  virtual ~Handler() = default;
  // Returns when the job is done: it is then deleted. Runs at least once, again after a crash: use
  // job.id to detect repetitions. Throws when it failed: retried after a pause, or, for Rejected,
  // not. Must end by context.deadline, before other nodes may take the job over, unless two
  // concurrent runs do no harm.
  virtual runtime::Task<void> run(runtime::Context& context, const Job& job) = 0;
  // Whether a run mostly waits: for a batch (BatchWriter) or for a remote answer. Such runs do not
  // count against JobsConfig::concurrency; Runner::kMaxWaiting run per handler, more are deferred.
  virtual bool waits() const { return false; }
};

// By kind, which is static text. Jobs of other kinds are left to other nodes.
using Handlers = std::map<std::string_view, Handler*>;

}  // namespace souk::jobs
