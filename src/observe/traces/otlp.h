// Traces as the body of an OTLP export request in JSON (https://opentelemetry.io/docs/specs/otlp/,
// opentelemetry/proto/collector/trace/v1): ids in hexadecimal, 64-bit integers as text,
// enumerations as numbers; and what the answer says.
// Threading: pure functions, but for the random numbers.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "base/random.h"
#include "telemetry/traces.h"

namespace souk::observe {

using Attributes = std::vector<std::pair<std::string, std::string>>;

// service.name, service.instance.id, service.version and the configured ones, which win.
Attributes resource_of(const telemetry::TracingConfig& config, const std::string& instance);

void write_otlp(Buffer& out, const Attributes& resource,
                std::span<const telemetry::TracePtr> traces, Random& random);

// What a collector says of a batch that it took: partialSuccess.
struct PartialSuccess {
  std::size_t rejected = 0;  // spans
  std::string message;       // why; without rejected spans a warning
};
// Nothing of an answer of another form: its status says that the batch was taken.
PartialSuccess read_otlp_answer(std::string_view answer);

}  // namespace souk::observe
