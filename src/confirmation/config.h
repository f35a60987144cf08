// Where confirmations go.
// Threading: plain values.
#pragma once

#include <string>

namespace souk::confirmation {

struct Config {
  std::string maildir;  // empty: nothing is sent
  std::string from = "orders@localhost";
};

}  // namespace souk::confirmation
