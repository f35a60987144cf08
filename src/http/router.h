// Finds the route of a request by method and path: literal segments take precedence over
// parameters, parameters over a rest of path; no regular expression, no allocation per match.
//
// Threading: filled by one thread; match() may then be called by any number.
// Ownership: owns its routes; references stay valid as long as the router.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/handler.h"

namespace souk::http {

struct Match {
  enum class Outcome : std::uint8_t {
    kFound,
    kBadPath,   // not percent-encoded UTF-8; or a rest of path with ".", ".." or an encoded '/'
    kNotFound,  // no route has this path; a trailing slash is significant
    kMethodNotAllowed,  // routes have this path with the methods in `allow`
    kOptions,           // OPTIONS of a path that exists, or of "*"
  };
  Outcome outcome = Outcome::kNotFound;
  const Route* route = nullptr;  // when found
  std::size_t index = 0;         // of the route in routes()
  std::string_view allow = {};   // "GET, HEAD, OPTIONS"; lives as long as the router
};

class Router {
 public:
  Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;
  ~Router();

  // REQUIRES: a path that begins with '/', names no parameter twice, has at most
  // kMaxPathParameters, a rest-of-path parameter only at its end, and was not added with this
  // method before.
  void add(Route route);

  // Fills `parameters` when a route is found.
  Match match(Method method, std::string_view path, PathParameters& parameters) const;

  // In the order they were added.
  const std::deque<Route>& routes() const { return routes_; }

 private:
  struct Node;
  struct Search;

  const Node* find(const Node& node, Search& search, std::string_view rest) const;
  static bool fill(const Route& route, const Search& search, PathParameters& parameters);

  std::unique_ptr<Node> root_;
  std::deque<Route> routes_;
};

// One router for each of the server's addresses.
struct Routers {
  Router shop;
  Router operators;

  void add(Route route) {
    (route.served_on == ServedOn::kOperator ? operators : shop).add(std::move(route));
  }
};

}  // namespace souk::http
