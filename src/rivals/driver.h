// How a shop of another make is asked for what Souk's mix asks for: one row for each kind of
// request, and where the values come from that requests are made of.
// Threading: constants.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace souk::rivals {

// The kinds of requests of RFC-004's mix.
enum class Kind : std::uint8_t {
  kList,
  kCategory,
  kPriceRange,
  kSorted,
  kSearch,
  kNextPage,
  kProduct,
  kOrder
};
inline constexpr std::size_t kKinds = 8;

struct Request {
  std::string_view method;
  std::string_view target;  // path and query, with variables as in files of scenarios
  std::string_view body = {};
  int status = 200;
  std::string_view has = {};      // a JSON pointer: what a good answer must have
  std::string_view take = {};     // for the requests after it: the name of a variable,
  std::string_view pointer = {};  // and where it is in the answer
};

struct Row {
  Kind kind;
  std::span<const Request> requests;  // one customer's action; none: there is no counterpart
  std::string_view note = {};         // why there is none, or how it differs from Souk's
};

// A list of a shop, read page by page: "${offset}" is in its target or its body.
struct Listing {
  std::string_view method;
  std::string_view target;
  std::string_view body;
  std::string_view items;  // a pointer into the answer; the others are into an item
  std::string_view id;
  std::string_view name;
  std::string_view item;  // what a line of an order names; empty: the id
};

// "${NAME}" of a table that is the same in all requests: text, or asked for once.
struct Constant {
  std::string_view name;
  std::string_view text;
  std::string_view method = {};
  std::string_view target = {};
  std::string_view body = {};
  std::string_view pointer = {};
};

struct Driver {
  std::string_view name;        // of --driver
  std::string_view make;        // for people
  std::string_view version;     // whose answers the table was written from
  std::string_view key_header;  // has the key of --publishable-key; empty: none is needed
  std::string_view lacks;       // a pointer: what no good answer has
  Listing products;
  Listing categories;
  std::span<const Constant> constants;
  std::span<const Row> rows;  // one of each kind, in their order
};

std::string_view kind_name(Kind kind);

// Of the other makes. Null: there is none of that name.
std::span<const Driver* const> all_drivers();
const Driver* find_driver(std::string_view name);

// Souk's own rows; its lists are read by loadtest::read_catalogue().
std::span<const Row> souk_rows();

extern const Driver kMedusa;
extern const Driver kVendure;

}  // namespace souk::rivals
