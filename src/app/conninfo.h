// The parameters of a libpq connection string, with what libpq adds from the environment.
// Threading: plain value. Ownership: owns the parsed parameters.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <string_view>

namespace souk::app {

class Conninfo {
 public:
  explicit Conninfo(const std::string& text);

  // Empty: not set, or the text is malformed, which is reported when connecting.
  std::string value(std::string_view keyword) const;

 private:
  using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;
  Options given_;
  Options defaults_;
};

}  // namespace souk::app
