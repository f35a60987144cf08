// The parts of a request target (RFC 3986) that handlers read: percent-encoding and the query.
// Threading: plain values.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace souk::http {

inline constexpr std::size_t kMaxQueryParameters = 64;

// Nothing when a '%' is not followed by two hexadecimal digits, or the result is not UTF-8 or
// contains NUL. `plus_is_space` as in forms and queries.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
// Leaves the unreserved characters of RFC 3986 section 2.3 as they are.
std::string percent_encode(std::string_view text);

// The parameters of a query, decoded. A repeated name is an error, rather than one value being
// dropped silently.
class QueryParameters {
 public:
  // Errors: invalid_request, naming the parameter.
  static Result<QueryParameters> parse(std::string_view query);

  // Valid as long as this object.
  std::optional<std::string_view> find(std::string_view name) const;
  // Errors: validation_failed, naming the first parameter that is not among `known`.
  Result<> require_known(std::span<const std::string_view> known) const;

  std::size_t size() const { return parameters_.size(); }
  auto begin() const { return parameters_.begin(); }
  auto end() const { return parameters_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace souk::http
