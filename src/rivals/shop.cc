#include "rivals/shop.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <set>

#include "http/client/blocking_request.h"

namespace souk::rivals {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kShownBytes = 300;  // of an answer that is refused
constexpr std::size_t kLongestId = 200;

// What is put into paths, queries and JSON as it is.
bool is_plain(std::string_view text) {
  return !text.empty() && text.size() <= kLongestId &&
         std::ranges::all_of(text, [](unsigned char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '-' || c == '_';
         });
}

std::string replaced(std::string text, std::string_view name, std::string_view value) {
  for (auto at = text.find(name); at != text.npos; at = text.find(name, at + value.size())) {
    text.replace(at, name.size(), value);
  }
  return text;
}

class Reader {
 public:
  Reader(const Driver& driver, const http::Target& target, const std::string& key)
      : driver_(driver), target_(target) {
    if (!driver.key_header.empty() && !key.empty()) headers_.add(driver.key_header, key);
  }

  Result<Shop> read() {
    if (auto read = read_constants(); !read) return std::unexpected(read.error());
    if (auto read = read_list(driver_.categories, kMaxCategories, false); !read) {
      return std::unexpected(read.error());
    }
    if (auto read = read_list(driver_.products, kMaxProducts, true); !read) {
      return std::unexpected(read.error());
    }
    auto& catalogue = shop_.catalogue;
    catalogue.search_words.assign(words_.begin(), words_.end());
    if (catalogue.products.size() < kFewestProducts || catalogue.categories.empty() ||
        catalogue.search_words.empty()) {
      return fail(ErrorCode::kPreconditionFailed,
                  fmt::format("{} shows {} products and {} categories; a comparison needs at least "
                              "{} and 1, with names of words",
                              target_.url(), catalogue.products.size(), catalogue.categories.size(),
                              kFewestProducts));
    }
    return std::move(shop_);
  }

 private:
  // The answer, valid until the next.
  Result<dom::element> ask(std::string_view method, const std::string& path,
                           const std::string& body) {
    const auto answer = http::request_blocking(target_, {.method = http::parse_method(method),
                                                         .path_and_query = path,
                                                         .json = body,
                                                         .headers = &headers_});
    if (!answer) return std::unexpected(answer.error());
    dom::element document;
    dom::element refusal;
    const bool is_good = answer->status == 200 &&
                         parser_.parse(answer->body).get(document) == simdjson::SUCCESS &&
                         (driver_.lacks.empty() ||
                          document.at_pointer(driver_.lacks).get(refusal) != simdjson::SUCCESS);
    if (is_good) return document;
    return fail(
        ErrorCode::kUnavailable,
        fmt::format("{}: {} {} is not answered as by {}: {} {}", target_.url(), method, path,
                    driver_.make, answer->status, answer->body.substr(0, kShownBytes)));
  }

  Result<> read_constants() {
    for (const auto& constant : driver_.constants) {
      if (!constant.text.empty()) {
        shop_.constants.emplace_back(constant.name, fill_in(constant.text, shop_));
        continue;
      }
      const auto answer =
          ask(constant.method, std::string(constant.target), std::string(constant.body));
      if (!answer) return std::unexpected(answer.error());
      std::string_view value;
      if (answer->at_pointer(constant.pointer).get(value) != simdjson::SUCCESS ||
          !is_plain(value)) {
        return fail(ErrorCode::kPreconditionFailed,
                    fmt::format("{}: {} {} has no {}", target_.url(), constant.target,
                                constant.pointer, constant.name));
      }
      shop_.constants.emplace_back(constant.name, value);
    }
    return {};
  }

  Result<> read_list(const Listing& listing, std::size_t most, bool are_products) {
    auto& ids = are_products ? shop_.catalogue.products : shop_.catalogue.categories;
    for (std::size_t offset = 0; ids.size() < most;) {
      const auto at = fmt::to_string(offset);
      const auto page = ask(listing.method, replaced(std::string(listing.target), "${offset}", at),
                            replaced(std::string(listing.body), "${offset}", at));
      if (!page) return std::unexpected(page.error());
      dom::array items;
      if (page->at_pointer(listing.items).get(items) != simdjson::SUCCESS) {
        return fail(ErrorCode::kUnavailable,
                    fmt::format("{}: {} has no {}", target_.url(), listing.target, listing.items));
      }
      if (items.size() == 0) break;
      offset += items.size();
      for (const auto item : items) add(listing, item, are_products, ids);
    }
    ids.resize(std::min(ids.size(), most));
    return {};
  }

  void add(const Listing& listing, const dom::element& item, bool is_product,
           std::vector<std::string>& ids) {
    std::string_view id;
    std::string_view name;
    std::string_view sold;
    if (item.at_pointer(listing.id).get(id) != simdjson::SUCCESS || !is_plain(id)) return;
    if (is_product) {
      // Without anything to order it is none that a customer could buy.
      if (item.at_pointer(listing.item).get(sold) != simdjson::SUCCESS || !is_plain(sold)) return;
      shop_.catalogue.items.emplace_back(sold);
      if (item.at_pointer(listing.name).get(name) == simdjson::SUCCESS) {
        loadtest::collect_words(name, words_);
      }
    }
    ids.emplace_back(id);
  }

  const Driver& driver_;
  const http::Target& target_;
  http::HeaderList headers_;
  dom::parser parser_;
  Shop shop_;
  std::set<std::string> words_;
};

}  // namespace

Result<Shop> read_shop(const Driver& driver, const http::Target& target, const std::string& key) {
  return Reader(driver, target, key).read();
}

std::string fill_in(std::string_view text, const Shop& shop) {
  std::string filled(text);
  for (const auto& [name, value] : shop.constants) {
    filled = replaced(std::move(filled), fmt::format("${{{}}}", name), value);
  }
  return filled;
}

}  // namespace souk::rivals
