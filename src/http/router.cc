#include "http/router.h"

#include <algorithm>

#include "base/assert.h"
#include "http/uri.h"

namespace souk::http {
namespace {

constexpr std::size_t kNoRoute = SIZE_MAX;
constexpr std::string_view kAllMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

constexpr std::string_view kRestEnd = "...}";

bool is_rest(std::string_view segment) {
  return is_parameter(segment) && segment.ends_with(kRestEnd);
}

// The name between a parameter's braces.
std::string_view name_in(std::string_view segment) {
  return segment.substr(1, segment.size() - 1 - (is_rest(segment) ? kRestEnd.size() : 1));
}

// A handler may use the decoded rest of a path as a path: it must not leave its root.
bool is_safe_rest(std::string_view rest) {
  while (true) {
    const auto segment = rest.substr(0, rest.find('/'));
    const auto decoded = percent_decode(segment);
    if (!decoded || *decoded == "." || *decoded == ".." || decoded->contains('/') ||
        decoded->contains('\0')) {
      return false;
    }
    if (segment.size() == rest.size()) return true;
    rest.remove_prefix(segment.size() + 1);
  }
}

// Removes and returns the first segment of a path that begins with '/'.
std::string_view take_segment(std::string_view& path) {
  const auto segment = path.substr(1, path.find('/', 1) - 1);
  path.remove_prefix(segment.size() + 1);
  return segment;
}

}  // namespace

// One segment; its children continue the paths that share this prefix.
struct Router::Node {
  Node() { routes.fill(kNoRoute); }

  std::string literal;
  std::vector<std::unique_ptr<Node>> literals;
  std::unique_ptr<Node> parameter;
  std::unique_ptr<Node> rest;  // of the path
  std::array<std::size_t, kMethods> routes;
  std::string allow;  // empty: no route ends here

  Node& child(std::string_view segment) {
    if (is_rest(segment)) {
      if (!rest) rest = std::make_unique<Node>();
      return *rest;
    }
    if (is_parameter(segment)) {
      if (!parameter) parameter = std::make_unique<Node>();
      return *parameter;
    }
    for (const auto& child : literals) {
      if (child->literal == segment) return *child;
    }
    literals.push_back(std::make_unique<Node>());
    literals.back()->literal = segment;
    return *literals.back();
  }

  std::size_t route_of(Method method) const {
    const auto own = routes[static_cast<std::size_t>(method)];
    if (own != kNoRoute || method != Method::kHead) return own;
    return routes[static_cast<std::size_t>(Method::kGet)];
  }

  void list_allowed() {
    allow.clear();
    for (std::size_t i = 0; i < kMethods; ++i) {
      const auto method = static_cast<Method>(i);
      if (method == Method::kOptions || route_of(method) != kNoRoute) {
        if (!allow.empty()) allow += ", ";
        allow += method_name(method);
      }
    }
  }
};

struct Router::Search {
  std::array<std::string_view, kMaxPathParameters> values;
  std::size_t size = 0;
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;
Router::~Router() = default;

void Router::add(Route route) {
  SOUK_ASSERT(route.path.starts_with('/'));
  SOUK_ASSERT(route.method != Method::kOptions && route.method != Method::kOther);
  Node* node = root_.get();
  std::vector<std::string_view> names;
  for (std::string_view rest = route.path; !rest.empty();) {
    const auto segment = take_segment(rest);
    if (is_parameter(segment)) {
      SOUK_ASSERT(!is_rest(segment) || rest.empty());
      const auto name = name_in(segment);
      SOUK_ASSERT(std::ranges::find(names, name) == names.end());
      names.push_back(name);
    }
    node = &node->child(segment);
  }
  SOUK_ASSERT(names.size() <= kMaxPathParameters);
  auto& slot = node->routes[static_cast<std::size_t>(route.method)];
  SOUK_ASSERT(slot == kNoRoute);
  slot = routes_.size();
  node->list_allowed();
  routes_.push_back(std::move(route));
}

const Router::Node* Router::find(const Node& node, Search& search, std::string_view rest) const {
  if (rest.empty()) return node.allow.empty() ? nullptr : &node;
  const auto whole = rest.substr(1);
  const auto segment = take_segment(rest);
  for (const auto& child : node.literals) {
    if (child->literal != segment) continue;
    if (const auto* found = find(*child, search, rest)) return found;
  }
  if (search.size == kMaxPathParameters) return nullptr;
  if (node.parameter && !segment.empty()) {
    search.values[search.size++] = segment;
    if (const auto* found = find(*node.parameter, search, rest)) return found;
    --search.size;
  }
  if (!node.rest) return nullptr;
  search.values[search.size++] = whole;
  return node.rest.get();
}

Match Router::match(Method method, std::string_view path, PathParameters& parameters) const {
  using enum Match::Outcome;
  parameters.size_ = 0;
  if (path == "*") return {.outcome = kOptions, .allow = kAllMethods};
  if (!path.starts_with('/')) return {};
  Search search;
  const Node* const node = find(*root_, search, path);
  if (node == nullptr) return {};
  if (method == Method::kOptions) return {.outcome = kOptions, .allow = node->allow};
  const auto index = node->route_of(method);
  if (index == kNoRoute) return {.outcome = kMethodNotAllowed, .allow = node->allow};
  const Route& route = routes_[index];
  if (!fill(route, search, parameters)) return {.outcome = kBadPath};
  return {.outcome = kFound, .route = &route, .index = index, .allow = node->allow};
}

bool Router::fill(const Route& route, const Search& search, PathParameters& parameters) {
  std::string_view rest = route.path;
  std::size_t encoded = 0;
  for (std::size_t i = 0; i < search.size; ++i) {
    std::string_view segment;
    do segment = take_segment(rest);
    while (!is_parameter(segment));
    parameters.parameters_[i] = {name_in(segment), search.values[i]};
    if (is_rest(segment) && !is_safe_rest(search.values[i])) return false;
    if (search.values[i].contains('%')) encoded += search.values[i].size();
  }
  parameters.size_ = search.size;
  if (encoded == 0) return true;

  parameters.decoded_.clear();
  parameters.decoded_.reserve(encoded);  // the views below stay valid
  for (std::size_t i = 0; i < search.size; ++i) {
    auto& value = parameters.parameters_[i].value;
    if (!value.contains('%')) continue;
    const auto decoded = percent_decode(value);
    if (!decoded) return false;
    const auto at = parameters.decoded_.size();
    parameters.decoded_ += *decoded;
    value = std::string_view(parameters.decoded_).substr(at);
  }
  return true;
}

}  // namespace souk::http
