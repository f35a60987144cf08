// Who does the work of one or more kinds of jobs.
// Threading: the loop of the node's jobs. Ownership: of whoever made it; outlives the Runner.
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
  // Returns when the job is done: it is then deleted. Runs at least once, and again after a crash:
  // effects are told apart by job.id. Throws where it failed: tried again after a pause, or, for
  // Rejected, not. To end by context.deadline, which is before others may take the job over, unless
  // it does no harm to run it twice at once.
  virtual runtime::Task<void> run(runtime::Context& context, const Job& job) = 0;
  // Whether its runs are little but waiting: to be written with others (BatchWriter), for
  // somebody's answer. They run beside JobsConfig::concurrency, Runner::kMaxWaiting of each such
  // handler; more are put off.
  virtual bool waits() const { return false; }
};

// By kind, which is static text. Kinds that are not in it are left to other nodes.
using Handlers = std::map<std::string_view, Handler*>;

}  // namespace souk::jobs
