// Cross-origin requests of browsers: the CORS protocol of the Fetch standard. Off by default.
//
// Threading: immutable; any number of threads. Ownership: owns its fields; outlives the responses
// that point to them.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/headers.h"

namespace souk::http {

struct CorsConfig {
  // Whose pages may read responses: "https://shop.example", or "*" for all. Empty: none.
  std::vector<std::string> origins = {};
  std::vector<std::string> headers = {"Authorization",   "Content-Type", "Content-Encoding",
                                      "Idempotency-Key", "If-Match",     "If-None-Match",
                                      "traceparent"};
  std::vector<std::string> exposed_headers = {
      "ETag",         "Location",  "Content-Location", "Retry-After",     "Idempotency-Replayed",
      "X-Request-Id", "RateLimit", "RateLimit-Policy", "WWW-Authenticate"};
  std::chrono::seconds max_age{7'200};  // of a preflight's answer; Chromium keeps none longer
  bool credentials = false;  // cookies and TLS client certificates, which Souk never reads
};

class Cors {
 public:
  // `common`: the fields of every response, which the fields below begin with.
  explicit Cors(const CorsConfig& config, std::span<const HeaderField> common = {});
  // Errors: invalid_request, with a sentence, for what is no origin as browsers send it or no
  // name of a field, and for credentials with "*".
  static Result<> check(const CorsConfig& config);

  bool is_on() const { return !origins_.empty(); }
  // The fields of every response to such a request, by its Origin: those of an allowed origin, or
  // only Vary. REQUIRES: is_on().
  const PreparedHeaders& fields_for(const Headers& request) const;
  // Adds what only the answer to a preflight has; nothing for other requests. `allow`: the methods
  // of the path. REQUIRES: an OPTIONS request; is_on().
  void add_preflight(const Headers& request, std::string_view allow, HeaderList& response) const;

 private:
  struct Allowed {
    std::string origin;
    PreparedHeaders fields;
  };

  // Null for none, and for one that is not allowed.
  const Allowed* find(const Headers& request) const;

  std::vector<Allowed> origins_;  // one, "*", for all
  PreparedHeaders others_;
  std::string headers_;
  std::string max_age_;
};

}  // namespace souk::http
