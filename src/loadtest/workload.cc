#include "loadtest/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "http/uri.h"

namespace souk::loadtest {
namespace {

// nextCursor is at the end of a list; only the end is searched.
constexpr std::size_t kCursorBytes = 1024;
constexpr std::size_t kPriceRanges = 20;

std::vector<std::string> category_lists(const Catalogue& catalogue) {
  std::vector<std::string> paths;
  for (const auto& id : catalogue.categories) {
    paths.push_back(fmt::format("/api/products?category={}", id));
  }
  return paths;
}

// Ranges with a twentieth of the products each.
std::vector<std::string> price_lists(const Catalogue& catalogue) {
  std::vector<std::string> paths;
  const auto& prices = catalogue.prices;
  for (std::size_t i = 0; i < kPriceRanges && !prices.empty(); ++i) {
    paths.push_back(fmt::format("/api/products?minPrice={}&maxPrice={}",
                                prices[i * (prices.size() - 1) / kPriceRanges],
                                prices[(i + 1) * (prices.size() - 1) / kPriceRanges]));
  }
  return paths;
}

std::vector<std::string> search_lists(const Catalogue& catalogue) {
  std::vector<std::string> paths;
  for (const auto& word : catalogue.search_words) {
    paths.push_back(fmt::format("/api/products?q={}", http::percent_encode(word)));
  }
  return paths;
}

// Popularity must be independent of the API's list order.
std::vector<std::string> shuffled(std::vector<std::string> items, std::uint64_t seed) {
  SeededRandom random(seed);
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.below(i)]);
  return items;
}

std::vector<double> list_weights(const std::array<std::vector<std::string>, 5>& lists) {
  constexpr ListMix mix;
  std::vector<double> weights = {mix.plain,  mix.category, mix.price_range,
                                 mix.sorted, mix.search,   mix.next_page};
  for (std::size_t i = 0; i < lists.size(); ++i) {
    if (lists[i].empty()) weights[i] = 0;
  }
  return weights;
}

// The text after `name` up to the closing quote; empty if missing.
std::string_view string_after(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == text.npos) return {};
  const auto value = text.substr(at + name.size());
  return value.substr(0, value.find('"'));
}

}  // namespace

Workload::Workload(const Catalogue& catalogue, std::vector<std::string> tokens,
                   std::string_view host, std::uint64_t run, std::uint64_t seed, Wants wants)
    : run_(run),
      seed_(seed),
      tokens_(std::move(tokens)),
      products_(shuffled(catalogue.products, seed)),
      popularity_(zipf(products_.size(), kZipfExponent)),
      endpoints_(wants.mix),
      only_product_(std::move(wants.only_product)),
      lists_{std::vector<std::string>{"/api/products"},
             category_lists(catalogue),
             price_lists(catalogue),
             {"/api/products?sort=price", "/api/products?sort=-price"},
             search_lists(catalogue)},
      list_kinds_(list_weights(lists_)),
      host_(host),
      get_headers_{{"Accept", "application/json"}},
      order_headers_{{"Accept", "application/json"}, {"Content-Type", "application/json"}} {}

std::vector<std::string> Workload::sample_lists() const {
  std::vector<std::string> samples;
  for (const auto& kind : lists_) {
    if (!kind.empty()) samples.push_back(kind.front());
  }
  return samples;
}

Shopper::Shopper(const Workload& workload, std::uint32_t number)
    : workload_(&workload),
      random_(workload.seed_ + 0x9e3779b97f4a7c15 * (number + 1)),
      number_(number) {}

Endpoint Shopper::next(http::OutgoingRequest& request) {
  if (repeats_order()) {
    request = order();
    return endpoint_;
  }
  endpoint_ = static_cast<Endpoint>(workload_->endpoints_.draw(random_));
  switch (endpoint_) {
    case Endpoint::kListProducts:
      request = list();
      break;
    case Endpoint::kGetProduct:
      request = get("/api/products/" + workload_->products_[workload_->popularity_.draw(random_)]);
      break;
    case Endpoint::kPlaceOrder:
      compose_order();
      request = order();
      break;
  }
  return endpoint_;
}

http::OutgoingRequest Shopper::get(std::string target) {
  target_ = std::move(target);
  return {.target = target_, .authority = workload_->host_, .prepared = &workload_->get_headers_};
}

http::OutgoingRequest Shopper::list() {
  const auto kind = static_cast<Workload::List>(workload_->list_kinds_.draw(random_));
  if (kind == Workload::List::kNextPage && !cursor_.empty()) {
    const char separator = list_.find('?') == list_.npos ? '?' : '&';
    return get(fmt::format("{}{}cursor={}", list_, separator, http::percent_encode(cursor_)));
  }
  const auto& paths =
      workload_->paths(kind == Workload::List::kNextPage ? Workload::List::kPlain : kind);
  list_ = paths[random_.below(paths.size())];
  return get(list_);
}

void Shopper::compose_order() {
  // 32 bits each for user and order: unique within the run, which has 64 of its own.
  ++orders_;
  std::memcpy(order_key_.bytes.data(), &workload_->run_, 8);
  std::memcpy(order_key_.bytes.data() + 8, &number_, 4);
  std::memcpy(order_key_.bytes.data() + 12, &orders_, 4);
  attempts_ = 0;

  if (const auto& only = workload_->only_product_; !only.empty()) {
    pending_order_ = fmt::format(R"({{"items":[{{"productId":"{}","quantity":1}}]}})", only);
    return;
  }
  const auto lines = 1 + random_.below(kMaxOrderLines);
  std::array<std::size_t, kMaxOrderLines> chosen{};
  pending_order_ = R"({"items":[)";
  for (std::size_t line = 0; line < lines; ++line) {
    chosen[line] = workload_->popularity_.draw(random_);
    const auto before = std::span(chosen).first(line);
    if (std::ranges::find(before, chosen[line]) != before.end()) continue;  // one line per product
    fmt::format_to(std::back_inserter(pending_order_), R"({}{{"productId":"{}","quantity":{}}})",
                   line == 0 ? "" : ",", workload_->products_[chosen[line]],
                   1 + random_.below(kMaxOrderLines));
  }
  pending_order_ += "]}";
}

http::OutgoingRequest Shopper::order() {
  ++attempts_;
  const auto& tokens = workload_->tokens_;
  headers_ = {};
  headers_.add("Idempotency-Key", order_key_.to_string());
  headers_.add("Authorization", "Bearer " + tokens[number_ % tokens.size()]);
  return {.method = http::Method::kPost,
          .target = "/api/orders",
          .authority = workload_->host_,
          .prepared = &workload_->order_headers_,
          .headers = &headers_,
          .body = pending_order_};
}

Outcome Shopper::answered(int status, std::string_view body) {
  if (endpoint_ == Endpoint::kPlaceOrder) return order_answered(status, body);
  if (endpoint_ == Endpoint::kListProducts) keep_next_page(status == 200 ? body : "");
  if (status >= 500) return Outcome::kServerError;
  return status == 200 ? Outcome::kGood : Outcome::kClientError;
}

void Shopper::keep_next_page(std::string_view body) {
  const auto end = body.substr(body.size() - std::min(body.size(), kCursorBytes));
  cursor_ = string_after(end, R"("nextCursor":")");
}

Outcome Shopper::order_answered(int status, std::string_view body) {
  if (status >= 500) {  // the order may have been placed
    unanswered();
    return Outcome::kServerError;
  }
  pending_order_.clear();
  if (status == 409 && body.find(R"("out_of_stock")") != body.npos) return Outcome::kOutOfStock;
  if (status != 201) return Outcome::kClientError;
  const auto id = Uuid::parse(string_after(body, R"("id":")"));
  if (!id) return Outcome::kBadBody;
  order_id_ = *id;
  return Outcome::kGood;
}

void Shopper::unanswered() {
  if (attempts_ >= kMaxOrderAttempts) pending_order_.clear();
}

}  // namespace souk::loadtest
