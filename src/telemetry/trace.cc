#include "telemetry/trace.h"

#include <algorithm>

namespace souk::telemetry {

RequestIds RequestIdSource::next(std::string_view traceparent) {
  RequestIds ids{.request = uuids_.next(), .trace = {}};
  const auto& id = ids.request.bytes;
  if (const auto caller = TraceContext::parse(traceparent)) {
    ids.trace = *caller;
    ids.caller = caller->span_id;
  } else {
    ids.trace.trace_id = id;
  }
  std::copy_n(id.begin() + id.size() / 2, ids.trace.span_id.size(), ids.trace.span_id.begin());
  return ids;
}

}  // namespace souk::telemetry
