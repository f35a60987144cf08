// Reads described types. Included only by the types.cc of each resource; other code includes
// wire.h.
// Threading: one worker.
#pragma once

#include "api/wire/json_input.h"
#include "api/wire/wire.h"

namespace souk::api {

template <class T>
Result<T> read_body(JsonInput& input, const http::Request& request) {
  return input.read<T>(request);
}

}  // namespace souk::api
