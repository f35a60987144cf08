// The same mix for Souk and for another make's shop, as scenarios for the load tester.
// Threading: plain values and functions.
#pragma once

#include <string>
#include <vector>

#include "loadtest/scenario.h"
#include "rivals/driver.h"
#include "rivals/shop.h"

namespace souk::rivals {

struct Mix {
  loadtest::Scenario souk;
  loadtest::Scenario rival;
  std::vector<Kind> kinds;            // of both
  std::vector<std::string> left_out;  // "list sorted by price: the Store API does not ..."
  std::string json;                   // the whole table, for a report
};

// RFC-004's mix, that of the scenario normal_load, without the kinds that the rival lacks.
Mix make_mix(const Driver& driver, const Shop& shop);

// The endpoint of a scenario that ends an action of this kind: its good answers are good actions.
inline std::string_view endpoint_of(Kind kind) { return kind_name(kind); }
// Whether an endpoint is a request of this kind: the last of its action or one before.
bool is_of(std::string_view endpoint, Kind kind);

}  // namespace souk::rivals
