// A survey for people and for programs.
// Threading: plain functions.
#pragma once

#include <optional>
#include <ostream>

#include "base/buffer.h"
#include "base/clock.h"
#include "capacity/survey.h"

namespace souk::capacity {

// Of the JSON; raised when a member goes or changes its meaning. docs/capacity.md describes it.
inline constexpr int kSchemaVersion = 1;

struct Outlook {
  double users = 0;  // now, at the busiest time
  Growth growth;
};

void print_survey(std::ostream& out, const Survey& survey, const std::optional<Outlook>& outlook,
                  Timestamp now);
void write_survey(Buffer& out, const Survey& survey, const std::optional<Outlook>& outlook,
                  Timestamp now);

}  // namespace souk::capacity
