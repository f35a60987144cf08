// Connections to servers on other hosts that somebody on the way could read or answer.
// Threading: pure function.
#pragma once

#include <string>
#include <vector>

#include "app/settings.h"

namespace souk::app {

struct Unprotected {
  std::string setting;
  std::string remedy;  // a sentence
};

// database.url and redis.url, where they lead to another host without TLS that verifies it.
std::vector<Unprotected> unprotected_connections(const Settings& settings);

}  // namespace souk::app
