#include "loadtest/catalogue.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <set>

#include "http/client/blocking_request.h"
#include "http/uri.h"

namespace souk::loadtest {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kShortestWord = 4;

Result<dom::element> get(const http::Target& target, std::string_view path, dom::parser& parser) {
  const auto response = http::request_blocking(target, {.path_and_query = path});
  if (!response) return std::unexpected(response.error());
  dom::element document;
  if (response->status != 200 || parser.parse(response->body).get(document) != simdjson::SUCCESS) {
    return fail(
        ErrorCode::kUnavailable,
        fmt::format("{}: GET {} was answered {}, and a JSON document with status 200 was expected",
                    target.url(), path, response->status));
  }
  return document;
}

// Every "id" of the tree, at any depth.
void collect_ids(const dom::element& node, std::vector<std::string>& ids) {
  dom::array array;
  dom::object object;
  if (node.get(array) == simdjson::SUCCESS) {
    for (const auto child : array) collect_ids(child, ids);
  } else if (node.get(object) == simdjson::SUCCESS) {
    for (const auto [key, value] : object) {
      std::string_view id;
      if (key == "id" && value.get(id) == simdjson::SUCCESS) {
        ids.emplace_back(id);
      } else {
        collect_ids(value, ids);
      }
    }
  }
}

void collect_product(const dom::element& item, Catalogue& catalogue, std::set<std::string>& words) {
  std::string_view text;
  std::int64_t amount = 0;
  if (item["id"].get(text) != simdjson::SUCCESS) return;
  catalogue.products.emplace_back(text);
  if (item["name"].get(text) == simdjson::SUCCESS) collect_words(text, words);
  if (item["price"]["amount"].get(amount) == simdjson::SUCCESS) catalogue.prices.push_back(amount);
}

Result<> read_products(const http::Target& target, std::size_t most, dom::parser& parser,
                       Catalogue& catalogue, std::set<std::string>& words) {
  constexpr std::string_view kFirstPage = "/api/products?limit=100";
  std::string path(kFirstPage);
  while (catalogue.products.size() < most) {
    const auto page = get(target, path, parser);
    if (!page) return std::unexpected(page.error());
    dom::array items;
    if ((*page)["items"].get(items) == simdjson::SUCCESS) {
      for (const auto item : items) collect_product(item, catalogue, words);
    }
    std::string_view cursor;
    if ((*page)["nextCursor"].get(cursor) != simdjson::SUCCESS) break;
    path = fmt::format("{}&cursor={}", kFirstPage, http::percent_encode(cursor));
  }
  return {};
}

}  // namespace

void collect_words(std::string_view name, std::set<std::string>& words) {
  std::string word;
  for (const char c : std::string(name) + ' ') {
    const auto lower = static_cast<char>(c | 0x20);
    if (lower >= 'a' && lower <= 'z') {
      word += lower;
      continue;
    }
    if (word.size() >= kShortestWord && words.size() < kMaxSearchWords) words.insert(word);
    word.clear();
  }
}

Result<Catalogue> read_catalogue(const http::Target& target, std::size_t most) {
  dom::parser parser;
  Catalogue catalogue;
  std::set<std::string> words;
  const auto tree = get(target, "/api/categories", parser);
  if (!tree) return std::unexpected(tree.error());
  collect_ids(*tree, catalogue.categories);
  if (auto read = read_products(target, most, parser, catalogue, words); !read) {
    return std::unexpected(read.error());
  }
  if (catalogue.products.empty()) {
    return fail(
        ErrorCode::kPreconditionFailed,
        fmt::format("http://{} has no products to sell; `souk seed` makes some", target.host));
  }
  catalogue.search_words.assign(words.begin(), words.end());
  std::ranges::sort(catalogue.prices);
  return catalogue;
}

}  // namespace souk::loadtest
