#include "plan.h"

#include <simdjson.h>

namespace souk::explain {
namespace {

using simdjson::dom::element;

// 0 where EXPLAIN was not asked for it.
std::int64_t number_of(element node, std::string_view name) {
  std::int64_t number = 0;
  return node[name].get(number) == simdjson::SUCCESS ? number : 0;
}

void add_node(element node, Plan& plan) {
  std::string_view name;
  if (node["Index Name"].get(name) == simdjson::SUCCESS) plan.indexes.emplace(name);
  const std::string_view type = node["Node Type"];
  if (type == "Seq Scan") {
    const std::string_view table = node["Relation Name"];
    plan.tables_read_wholly.emplace(table);
  }
  plan.rows += number_of(node, "Actual Rows") * number_of(node, "Actual Loops");
  simdjson::dom::array children;
  if (node["Plans"].get(children) != simdjson::SUCCESS) return;
  for (const element child : children) add_node(child, plan);
}

}  // namespace

Plan read_plan(std::string_view json) {
  simdjson::dom::parser parser;
  const element root = parser.parse(simdjson::padded_string(json)).at(0)["Plan"];
  Plan plan;
  plan.pages = number_of(root, "Shared Hit Blocks") + number_of(root, "Shared Read Blocks");
  plan.wal_bytes = number_of(root, "WAL Bytes");
  plan.wal_images = number_of(root, "WAL FPI");
  add_node(root, plan);
  return plan;
}

}  // namespace souk::explain
