// The queries of requests for jobs.
// Threading: constants.
#pragma once

#include "api/wire/query.h"

namespace souk::api {

struct DeadJobFilter {
  std::optional<std::string> kind;
};

template <>
inline constexpr auto describe<DeadJobFilter> =
    query_object(field("kind", &DeadJobFilter::kind,
                       {.meaning = "Only of this kind.", .presence = Presence::kOptional}));

}  // namespace souk::api
