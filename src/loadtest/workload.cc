#include "loadtest/workload.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "base/buffer.h"
#include "base/json_writer.h"
#include "http/uri.h"

namespace souk::loadtest {
namespace {

// nextCursor is at the end of a list; only the end is searched.
constexpr std::size_t kCursorBytes = 1024;
constexpr std::size_t kPriceRanges = 20;
constexpr std::size_t kMaxUnits = 3;  // of an order's line

std::vector<std::string> category_lists(const Catalogue& catalogue) {
  std::vector<std::string> paths;
  for (const auto& id : catalogue.categories) {
    paths.push_back(fmt::format("category={}", id));
  }
  return paths;
}

// Ranges with a twentieth of the products each.
std::vector<std::string> price_lists(const Catalogue& catalogue) {
  std::vector<std::string> paths;
  const auto& prices = catalogue.prices;
  for (std::size_t i = 0; i < kPriceRanges && !prices.empty(); ++i) {
    paths.push_back(fmt::format("minPrice={}&maxPrice={}",
                                prices[i * (prices.size() - 1) / kPriceRanges],
                                prices[(i + 1) * (prices.size() - 1) / kPriceRanges]));
  }
  return paths;
}

std::vector<std::string> search_lists(const Catalogue& catalogue) {
  std::vector<std::string> paths;
  for (const auto& word : catalogue.search_words) {
    paths.push_back(fmt::format("q={}", http::percent_encode(word)));
  }
  return paths;
}

// Popularity must be independent of the API's list order.
std::vector<std::string> shuffled(std::vector<std::string> items, std::size_t most,
                                  std::uint64_t seed) {
  SeededRandom random(seed);
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.below(i)]);
  items.resize(std::min(items.size(), most));
  return items;
}

http::PreparedHeaders headers_with(std::vector<http::HeaderField> fields, const Wants& wants) {
  for (const auto& [name, value] : wants.headers) fields.push_back({name, value});
  return http::PreparedHeaders(fields);
}

std::vector<double> list_weights(const ListMix& mix,
                                 const std::array<std::vector<std::string>, 5>& lists) {
  std::vector<double> weights = {mix.plain,  mix.category, mix.price_range,
                                 mix.sorted, mix.search,   mix.next_page};
  for (std::size_t i = 0; i < lists.size(); ++i) {
    if (lists[i].empty()) weights[i] = 0;
  }
  return weights;
}

std::vector<double> flow_weights(const Scenario& scenario, const Wants& wants) {
  std::vector<double> weights;
  for (const auto& flow : scenario.flows) {
    const auto wanted = wants.mix.find(flow.name);
    weights.push_back(wants.mix.empty()           ? flow.share
                      : wanted == wants.mix.end() ? 0
                                                  : wanted->second);
  }
  return weights;
}

void append_json(std::string& out, std::string_view text) {
  Buffer buffer;
  JsonWriter(buffer).value(text);
  out += buffer.view().substr(1, buffer.size() - 2);  // the quotes are the template's
}

// The text after `name` up to the closing quote; empty if missing.
std::string_view string_after(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == text.npos) return {};
  const auto value = text.substr(at + name.size());
  return value.substr(0, value.find('"'));
}

}  // namespace

Workload::Workload(const Scenario& scenario, const Catalogue& catalogue,
                   std::vector<std::string> tokens, std::string_view host, std::uint64_t run,
                   std::uint64_t seed, Wants wants)
    : scenario_(scenario),
      run_(run),
      seed_(seed),
      tokens_(std::move(tokens)),
      products_(shuffled(catalogue.products, scenario.data.products, seed)),
      items_(shuffled(catalogue.items.empty() ? catalogue.products : catalogue.items,
                      scenario.data.products, seed)),
      categories_(wants.categories.empty() ? catalogue.categories : wants.categories),
      words_(wants.words.empty() ? catalogue.search_words : wants.words),
      popularity_(zipf(products_.size(), scenario.data.popularity)),
      flows_(flow_weights(scenario, wants)),
      wants_(std::move(wants)),
      lists_{std::vector<std::string>{""},
             category_lists(catalogue),
             price_lists(catalogue),
             {"sort=price", "sort=-price"},
             search_lists(catalogue)},
      list_kinds_(list_weights(scenario.data.lists, lists_)),
      host_(host),
      without_body_(headers_with({{"Accept", "application/json"}}, wants_)),
      with_body_(headers_with(
          {{"Accept", "application/json"}, {"Content-Type", "application/json"}}, wants_)) {}

std::vector<std::string> Workload::sample_lists() const {
  std::vector<std::string> samples;
  for (const auto& kind : lists_) {
    if (!kind.empty()) samples.push_back("/api/products?" + kind.front());
  }
  return samples;
}

Shopper::Shopper(const Workload& workload, std::uint32_t number)
    : workload_(&workload),
      random_(workload.seed_ + 0x9e3779b97f4a7c15 * (number + 1)),
      number_(number),
      taken_(workload.scenario_.variables.size() - kVariables) {}

std::size_t Shopper::next(http::OutgoingRequest& request) {
  if (step_ == nullptr) draw_flow();
  const auto& step = *step_;
  if (attempts_ == 0) {
    if (step.idempotent) make_unique();
    lists_ = step.target.uses(static_cast<std::size_t>(Variable::kList));
    target_ = filled(step.target, Encoding::kTarget);
    if (target_.ends_with('?')) target_.pop_back();
    body_ = filled(step.body, Encoding::kJson);
    headers_ = {};
    if (step.idempotent) headers_.add("Idempotency-Key", key_.to_string());
    if (step.as == Sender::kBuyer) {
      headers_.add("Authorization",
                   "Bearer " + workload_->tokens_[number_ % workload_->tokens_.size()]);
    } else if (step.as == Sender::kToken) {
      headers_.add("Authorization", "Bearer " + filled(step.token, Encoding::kNone));
    }
  }
  has_ordered_ = false;
  think_time_ = step.think_time.value_or(workload_->scenario_.think_time);
  request = {.method = step.method,
             .target = target_,
             .authority = workload_->host_,
             .prepared = step.body.empty() ? &workload_->without_body_ : &workload_->with_body_,
             .headers = &headers_,
             .body = body_};
  return step.endpoint;
}

void Shopper::draw_flow() {
  flow_ = &workload_->scenario_.flows[workload_->flows_.draw(random_)];
  step_ = flow_->steps.data();
}

std::string Shopper::filled(const TextTemplate& text, Encoding encoding) {
  std::string out;
  text.fill(out, [this, encoding](std::string& to, std::size_t variable) {
    append(to, variable, encoding);
  });
  return out;
}

void Shopper::append(std::string& out, std::size_t variable, Encoding encoding) {
  switch (static_cast<Variable>(variable)) {
    case Variable::kProduct:
      out += workload_->products_[workload_->popularity_.draw(random_)];
      return;
    case Variable::kList:
      return append_list(out);
    case Variable::kLines:
      return append_lines(out);
    case Variable::kUnique:
      make_unique();
      out += key_.to_string();
      return;
    case Variable::kCategory:
      out += workload_->categories_[random_.below(workload_->categories_.size())];
      return;
    case Variable::kWord:
      out += workload_->words_[random_.below(workload_->words_.size())];
      return;
    case Variable::kItem:
      out += workload_->items_[workload_->popularity_.draw(random_)];
      return;
    case Variable::kPassword:
      break;
  }
  const auto& value =
      variable < kVariables ? workload_->wants_.password : taken_[variable - kVariables];
  if (encoding == Encoding::kJson) return append_json(out, value);
  out += encoding == Encoding::kTarget ? http::percent_encode(value) : value;
}

void Shopper::append_list(std::string& out) {
  const auto kind = static_cast<Workload::List>(workload_->list_kinds_.draw(random_));
  if (kind == Workload::List::kNextPage && !cursor_.empty()) {
    out += list_;
    if (!list_.empty()) out += '&';
    out += "cursor=" + http::percent_encode(cursor_);
    return;
  }
  const auto& queries =
      workload_->queries(kind == Workload::List::kNextPage ? Workload::List::kPlain : kind);
  list_ = queries[random_.below(queries.size())];
  cursor_.clear();  // of the list before, should this one not be answered
  out += list_;
}

void Shopper::append_lines(std::string& out) {
  if (const auto& only = workload_->wants_.only_product; !only.empty()) {
    fmt::format_to(std::back_inserter(out), R"([{{"productId":"{}","quantity":1}}])", only);
    return;
  }
  const auto most = workload_->scenario_.data.order_lines;
  const auto lines = 1 + random_.below(most);
  std::array<std::size_t, kMaxOrderLines> chosen{};
  out += '[';
  for (std::size_t line = 0; line < lines; ++line) {
    chosen[line] = workload_->popularity_.draw(random_);
    const auto before = std::span(chosen).first(line);
    if (std::ranges::find(before, chosen[line]) != before.end()) continue;  // one line per product
    fmt::format_to(std::back_inserter(out), R"({}{{"productId":"{}","quantity":{}}})",
                   line == 0 ? "" : ",", workload_->products_[chosen[line]],
                   1 + random_.below(kMaxUnits));
  }
  out += ']';
}

void Shopper::make_unique() {
  // 32 bits each for user and number: unique within the run, which has 64 of its own.
  ++keys_;
  std::memcpy(key_.bytes.data(), &workload_->run_, 8);
  std::memcpy(key_.bytes.data() + 8, &number_, 4);
  std::memcpy(key_.bytes.data() + 12, &keys_, 4);
}

Outcome Shopper::answered(int status, std::string_view body) {
  const auto outcome = judged(status, body);
  if (outcome == Outcome::kServerError) {  // it may have taken effect
    unanswered();
  } else if (outcome == Outcome::kGood) {
    advance();
  } else {
    end_flow();
  }
  return outcome;
}

Outcome Shopper::judged(int status, std::string_view body) {
  if (lists_) keep_next_page(status == 200 ? body : "");
  if (status >= 500) return Outcome::kServerError;
  if (status == 409 && body.find(R"("out_of_stock")") != body.npos) return Outcome::kOutOfStock;
  if (std::ranges::find(step_->expected, status) == step_->expected.end()) {
    return Outcome::kClientError;
  }
  if (!proves(body) || (!step_->taken.empty() && !take(body))) return Outcome::kBadBody;
  if (!step_->is_order) return Outcome::kGood;
  const auto id = Uuid::parse(string_after(body, R"("id":")"));
  if (!id) return Outcome::kBadBody;
  order_id_ = *id;
  has_ordered_ = true;
  return Outcome::kGood;
}

bool Shopper::proves(std::string_view body) const {
  if (step_->has.empty() && step_->lacks.empty()) return true;
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  simdjson::dom::element found;
  if (parser.parse(body.data(), body.size()).get(document) != simdjson::SUCCESS) return false;
  if (!step_->lacks.empty() && document.at_pointer(step_->lacks).get(found) == simdjson::SUCCESS) {
    return false;
  }
  return step_->has.empty() ||
         (document.at_pointer(step_->has).get(found) == simdjson::SUCCESS && !found.is_null());
}

bool Shopper::take(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.parse(body.data(), body.size()).get(document) != simdjson::SUCCESS) return false;
  return std::ranges::all_of(step_->taken, [&](const Step::Taken& taken) {
    std::string_view text;
    if (document.at_pointer(taken.pointer).get(text) != simdjson::SUCCESS) return false;
    taken_[taken.variable - kVariables] = text;
    return true;
  });
}

void Shopper::keep_next_page(std::string_view body) {
  const auto end = body.substr(body.size() - std::min(body.size(), kCursorBytes));
  cursor_ = string_after(end, R"("nextCursor":")");
}

void Shopper::advance() {
  attempts_ = 0;
  ++step_;
  if (step_ == flow_->steps.data() + flow_->steps.size()) end_flow();
}

void Shopper::end_flow() {
  attempts_ = 0;
  step_ = nullptr;
}

void Shopper::unanswered() {
  if (!step_->idempotent || ++attempts_ >= kMaxAttempts) end_flow();
}

}  // namespace souk::loadtest
