#include "plan.h"

#include <simdjson.h>

namespace souk::explain {
namespace {

using simdjson::dom::element;

void add_node(element node, Plan& plan) {
  std::string_view name;
  if (node["Index Name"].get(name) == simdjson::SUCCESS) plan.indexes.emplace(name);
  const std::string_view type = node["Node Type"];
  if (type == "Seq Scan") {
    const std::string_view table = node["Relation Name"];
    plan.tables_read_wholly.emplace(table);
  }
  simdjson::dom::array children;
  if (node["Plans"].get(children) != simdjson::SUCCESS) return;
  for (const element child : children) add_node(child, plan);
}

std::int64_t pages_of(element node) {
  std::int64_t hit = 0;
  std::int64_t read = 0;
  if (node["Shared Hit Blocks"].get(hit) != simdjson::SUCCESS) return 0;  // not analysed
  if (node["Shared Read Blocks"].get(read) != simdjson::SUCCESS) return 0;
  return hit + read;
}

}  // namespace

Plan read_plan(std::string_view json) {
  simdjson::dom::parser parser;
  const element root = parser.parse(simdjson::padded_string(json)).at(0)["Plan"];
  Plan plan;
  plan.pages = pages_of(root);
  add_node(root, plan);
  return plan;
}

}  // namespace souk::explain
