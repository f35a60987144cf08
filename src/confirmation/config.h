// Where confirmations go.
// Threading: plain values.
#pragma once

#include <cstddef>
#include <string>

namespace souk::confirmation {

struct Config {
  std::string maildir;  // empty: nothing is sent
  std::string from = "orders@localhost";
  // To one address in a day (UTC): nobody has confirmed that it is the buyer's. 0: any number.
  std::size_t max_per_day = 20;
};

}  // namespace souk::confirmation
