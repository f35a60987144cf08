// One request at a time, blocking, each over its own connection: what the load test needs to know
// before and after the run. The load itself does not go this way.
// Threading: any thread. Ownership: borrows the target.
#pragma once

#include <string>
#include <string_view>

#include "loadtest/target.h"

namespace souk::loadtest {

struct ProbeResponse {
  int status = 0;
  std::string body;
};

// GET, signed in where a token is given. Errors: unavailable, naming the address, where no whole
// response comes within 30 s.
Result<ProbeResponse> probe(const Target& target, std::string_view path_and_query,
                            std::string_view token = {});

}  // namespace souk::loadtest
