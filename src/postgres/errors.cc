#include "postgres/errors.h"

#include <fmt/format.h>

namespace souk::postgres {

StatementError::StatementError(std::string_view statement, std::string_view sqlstate,
                               std::string_view constraint, std::string_view message)
    : std::runtime_error(fmt::format("{}: {} ({})", statement, message, sqlstate)),
      statement_(statement),
      sqlstate_(sqlstate),
      constraint_(constraint) {}

}  // namespace souk::postgres
