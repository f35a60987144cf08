#include "seed/demo_shop.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/assert.h"
#include "seed/words.h"

namespace souk::seed {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr days kShopAge{3 * 365};
constexpr days kOrdersAge{2 * 365};

Uuid make_id(Timestamp created, SeededRandom& random) {
  Uuid id;
  random.fill(id.bytes);
  const auto since_epoch = created.time_since_epoch();
  const auto ms = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::milliseconds>(since_epoch).count());
  for (std::size_t i = 0; i < 6; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  }
  id.bytes[6] = static_cast<std::uint8_t>(0x70 | (id.bytes[6] & 0x0f));
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
  return id;
}

template <class T>
const T& pick(std::span<const T> from, SeededRandom& random) {
  return from[random.below(from.size())];
}

bool chance(double probability, SeededRandom& random) { return random.unit() < probability; }

double standard_normal(SeededRandom& random) {  // Box and Muller
  const double radius = std::sqrt(-2 * std::log(1 - random.unit()));
  return radius * std::cos(2 * std::numbers::pi * random.unit());
}

// Popularity depends on the rank; ranks are permuted over all numbers, so that not only the oldest
// are popular. Bijective, since the factor is a prime that does not divide the size.
std::uint64_t number_of_rank(std::uint64_t rank, std::uint64_t size) {
  return rank * 2'654'435'761 % size;
}

// Zipf with exponent 1: rank k is drawn 1/k as often as rank 1.
std::uint64_t zipf_rank(std::uint64_t size, SeededRandom& random) {
  const double rank = std::pow(static_cast<double>(size) + 1, random.unit()) - 1;
  return std::min(static_cast<std::uint64_t>(rank), size - 1);
}

// Some buyers order much more often than others.
std::uint64_t skewed_rank(std::uint64_t size, SeededRandom& random) {
  return static_cast<std::uint64_t>(static_cast<double>(size) * std::pow(random.unit(), 2));
}

// A number below `existing`, by the popularity of all `size`: draws again while the number does not
// exist. At least a third exists, so the attempts almost never run out.
template <class DrawRank>
std::uint64_t draw_existing(std::uint64_t existing, std::uint64_t size, SeededRandom& random,
                            DrawRank draw_rank) {
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    const auto number = number_of_rank(draw_rank(size, random), size);
    if (number < existing) return number;
  }
  return random.below(existing);
}

std::string slug_of(std::string_view name) {
  std::string slug;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool kept = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    slug += upper ? static_cast<char>(c | 0x20) : kept ? c : '-';
  }
  return slug;
}

// "Coffee Grinder" as within a sentence; "USB-C" is unchanged.
std::string in_sentence(std::string_view words) {
  std::string text(words);
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const bool capitalised = text[i] >= 'A' && text[i] <= 'Z' && text[i + 1] >= 'a';
    if (capitalised) text[i] = static_cast<char>(text[i] | 0x20);
  }
  return text;
}

struct ProductWords {
  std::string_view brand;
  std::string_view series;
  std::string_view material;
  std::string_view thing;

  std::string name() const { return fmt::format("{} {} {} {}", brand, series, material, thing); }
  std::string_view named(std::string_view name) const {
    if (name == "brand") return brand;
    if (name == "series") return series;
    if (name == "material") return material;
    SOUK_ASSERT(name == "thing");
    return thing;
  }
};

ProductWords draw_words(std::size_t leaf, SeededRandom& random) {
  const auto group = leaf / words::kRangesPerGroup;
  const auto& department = words::departments()[group / 6];
  const std::span<const std::string_view> materials = department.materials;
  return {.brand = pick(words::brands(), random),
          .series = pick(words::series(), random),
          .material = pick(materials, random),
          .thing = department.groups[group % 6].singular};
}

void append_sentence(std::string& out, std::string_view sentence, const ProductWords& words) {
  if (!out.empty()) out += ' ';
  while (!sentence.empty()) {
    const auto open = sentence.find('{');
    out += sentence.substr(0, open);
    if (open == std::string_view::npos) return;
    const auto close = sentence.find('}', open);
    out += words.named(sentence.substr(open + 1, close - open - 1));
    sentence.remove_prefix(close + 1);
  }
}

std::string describe(const ProductWords& product, SeededRandom& random) {
  const auto material = in_sentence(product.material);
  const auto thing = in_sentence(product.thing);
  const ProductWords words{product.brand, product.series, material, thing};
  const auto qualities = words::qualities();
  const auto first = random.below(qualities.size());
  const auto second = (first + 1 + random.below(qualities.size() - 1)) % qualities.size();
  std::string text;
  append_sentence(text, pick(words::openings(), random), words);
  append_sentence(text, qualities[first], words);
  append_sentence(text, qualities[second], words);
  append_sentence(text, pick(words::uses(), random), words);
  append_sentence(text, pick(words::closings(), random), words);
  return text;
}

// Log-normal around the group's median, with shop-like endings: 12.99, 349.99.
std::int64_t draw_price(double median, std::size_t range, SeededRandom& random) {
  constexpr std::array<double, words::kRangesPerGroup> kRangeFactors{0.7, 1.8, 0.9, 2.5};
  const double price = median * kRangeFactors[range] * std::exp(0.45 * standard_normal(random));
  const double step = price > 200 ? 10 : 1;
  const auto whole = static_cast<std::int64_t>(std::max(1.0, std::round(price / step) * step));
  return whole * 100 - 1;
}

// Log-uniform between 20,000 and 200,000: enough stock for a load test.
std::int32_t draw_stock(SeededRandom& random) {
  return static_cast<std::int32_t>(20'000 * std::pow(10.0, random.unit()));
}

struct StatusShare {
  double until;  // cumulative
  std::string_view status;
};

// The status of an order of that age.
std::string_view draw_status(std::chrono::microseconds age, SeededRandom& random) {
  static constexpr StatusShare kToday[] = {
      {.35, "pending"}, {.60, "confirmed"}, {.97, "paid"}, {1, "cancelled"}};
  static constexpr StatusShare kThisWeek[] = {
      {.05, "confirmed"}, {.25, "paid"}, {.80, "shipped"}, {.96, "delivered"}, {1, "cancelled"}};
  static constexpr StatusShare kOlder[] = {{.92, "delivered"}, {.95, "refunded"}, {1, "cancelled"}};
  std::span<const StatusShare> shares = kOlder;
  if (age < days(7)) shares = kThisWeek;
  if (age < days(1)) shares = kToday;
  const double at = random.unit();
  return std::ranges::find_if(shares, [&](const auto& share) { return at < share.until; })->status;
}

std::size_t draw_line_count(SeededRandom& random) {
  constexpr std::array<double, 5> kUntil{.45, .72, .87, .95, 1};
  const double at = random.unit();
  return static_cast<std::size_t>(std::ranges::upper_bound(kUntil, at) - kUntil.begin()) + 1;
}

std::int32_t draw_quantity(SeededRandom& random) {
  if (chance(0.75, random)) return 1;
  return 2 + static_cast<std::int32_t>(random.below(4) * random.below(2));
}

}  // namespace

// The data that an order needs of a product and of a user; the rest is drawn from `random` later.
struct DemoShop::ProductCore {
  SeededRandom random;
  Timestamp created_at;
  Uuid id;
  std::size_t leaf;  // of leaves_
  std::int64_t price;
};

struct DemoShop::UserCore {
  static constexpr std::size_t kMaxAddresses = 3;

  SeededRandom random;
  Timestamp created_at;
  Uuid id;
  std::size_t address_count;
  std::array<Uuid, kMaxAddresses> address_ids;
};

Timestamp DemoShop::Timeline::draw(std::uint64_t number, SeededRandom& random) const {
  const auto offset = random.below(static_cast<std::uint64_t>(slot.count()));
  return start + slot * static_cast<std::int64_t>(number) +
         std::chrono::microseconds(static_cast<std::int64_t>(offset));
}

std::uint64_t DemoShop::Timeline::existing(Timestamp at, std::uint64_t size) const {
  const auto slots = static_cast<std::uint64_t>((at - start) / slot);
  return std::clamp<std::uint64_t>(slots, 1, size);
}

DemoShop::Timeline DemoShop::timeline(Timestamp until, days length, std::uint64_t size) {
  const std::chrono::microseconds whole = length;
  return {until - length, whole / static_cast<std::int64_t>(std::max<std::uint64_t>(size, 1))};
}

DemoShop::DemoShop(ShopSize size, std::uint64_t seed, Timestamp until)
    : size_(size),
      until_(until),
      products_(timeline(until, kShopAge, size.products)),
      users_(timeline(until, kShopAge, size.users)),
      orders_(timeline(until, kOrdersAge, size.orders)) {
  SOUK_ASSERT(size.orders == 0 || (size.products > 0 && size.users > 0));
  SeededRandom random(seed);
  for (auto& kind_seed : kind_seeds_) kind_seed = random.next64();

  const auto opened = until - kShopAge;
  std::size_t department_position = 0;
  for (const auto& department : words::departments()) {
    const auto slug = slug_of(department.name);
    add_category({}, std::string(department.name), slug, department_position++, opened);
    const auto department_id = categories_.back().id;
    std::size_t group_position = 0;
    for (const auto& group : department.groups) {
      const auto group_slug = slug + "-" + slug_of(group.plural);
      add_category(department_id, std::string(group.plural), group_slug, group_position++, opened);
      const auto group_id = categories_.back().id;
      std::size_t range_position = 0;
      for (const auto range : words::ranges()) {
        leaves_.push_back(categories_.size());
        add_category(group_id, fmt::format("{} {}", range, group.plural),
                     group_slug + "-" + slug_of(range), range_position++, opened);
      }
    }
  }
}

void DemoShop::add_category(std::optional<Uuid> parent, std::string name, std::string slug,
                            std::size_t position, Timestamp opened) {
  const auto created = opened + std::chrono::milliseconds(categories_.size());
  auto random = random_of(Kind::kCategory, categories_.size());
  categories_.push_back({make_id(created, random), parent, std::move(name), std::move(slug),
                         static_cast<std::int32_t>(position), created});
}

SeededRandom DemoShop::random_of(Kind kind, std::uint64_t number) const {
  return SeededRandom(kind_seeds_[static_cast<std::size_t>(kind)] + number);
}

DemoShop::ProductCore DemoShop::product_core(std::uint64_t number) const {
  ProductCore core{.random = random_of(Kind::kProduct, number),
                   .created_at = {},
                   .id = {},
                   .leaf = 0,
                   .price = 0};
  core.created_at = products_.draw(number, core.random);
  core.id = make_id(core.created_at, core.random);
  // Departments differ in size: the first ones have more.
  const double place = std::pow(core.random.unit(), 1.5);
  core.leaf = static_cast<std::size_t>(place * static_cast<double>(leaves_.size()));
  const auto group = core.leaf / words::kRangesPerGroup;
  const auto& department = words::departments()[group / 6];
  core.price = draw_price(department.groups[group % 6].median_price,
                          core.leaf % words::kRangesPerGroup, core.random);
  return core;
}

Product DemoShop::product(std::uint64_t number) const {
  auto core = product_core(number);
  const auto words = draw_words(core.leaf, core.random);
  return {.id = core.id,
          .name = words.name(),
          .description = describe(words, core.random),
          .category_id = categories_[leaves_[core.leaf]].id,
          .price = core.price,
          .is_active = chance(0.97, core.random),
          .created_at = core.created_at,
          .on_hand = draw_stock(core.random)};
}

DemoShop::UserCore DemoShop::user_core(std::uint64_t number) const {
  UserCore core{.random = random_of(Kind::kUser, number),
                .created_at = {},
                .id = {},
                .address_count = 0,
                .address_ids = {}};
  core.created_at = users_.draw(number, core.random);
  core.id = make_id(core.created_at, core.random);
  core.address_count = 1 + (chance(0.3, core.random) ? 1 : 0) + (chance(0.1, core.random) ? 1 : 0);
  for (std::size_t i = 0; i < core.address_count; ++i) {
    core.address_ids[i] = make_id(core.created_at + std::chrono::milliseconds(i + 1), core.random);
  }
  return core;
}

Uuid DemoShop::admin_id() const {
  auto random = random_of(Kind::kUser, size_.users);
  return make_id(until_, random);
}

User DemoShop::user(std::uint64_t number) const {
  static constexpr std::array<std::string_view, UserCore::kMaxAddresses> kLabels{"Home", "Work",
                                                                                 "Parents"};
  auto core = user_core(number);
  const auto first = pick(words::first_names(), core.random);
  const auto last = pick(words::last_names(), core.random);
  User user{.id = core.id,
            .email = fmt::format("{}.{}{}@example.com", slug_of(first), slug_of(last), number),
            .name = fmt::format("{} {}", first, last),
            .created_at = core.created_at,
            .addresses = {}};
  for (std::size_t i = 0; i < core.address_count; ++i) {
    const auto& city = pick(words::cities(), core.random);
    const auto street = pick(words::streets(), core.random);
    user.addresses.push_back({.id = core.address_ids[i],
                              .label = kLabels[i],
                              .line1 = fmt::format("{} {}", street, 1 + core.random.below(180)),
                              .city = city.name,
                              .postal_code = city.postal_code,
                              .country = city.country});
  }
  return user;
}

Order DemoShop::order(std::uint64_t number) const {
  auto random = random_of(Kind::kOrder, number);
  const auto date = orders_.draw(number, random);
  const auto id = make_id(date, random);
  const auto users = users_.existing(date, size_.users);
  const auto user_number = draw_existing(users, size_.users, random, skewed_rank);
  const auto user = user_core(user_number);
  Order order{.id = id,
              .user_number = user_number,
              .user_id = user.id,
              .address_number = random.below(user.address_count),
              .status = draw_status(until_ - date, random),
              .order_date = date,
              .cancelled_at = {},
              .total = 0,
              .lines = {}};
  if (order.status == "cancelled") {
    const std::chrono::microseconds latest =
        std::min<std::chrono::microseconds>(until_ - date, days(1));
    const auto after = random.below(static_cast<std::uint64_t>(latest.count()));
    order.cancelled_at = date + std::chrono::microseconds(after);
  }
  add_lines(order, random);
  return order;
}

void DemoShop::add_lines(Order& order, SeededRandom& random) const {
  const auto products = products_.existing(order.order_date, size_.products);
  for (auto wanted = draw_line_count(random); wanted > 0; --wanted) {
    auto product = product_core(draw_existing(products, size_.products, random, zipf_rank));
    const auto quantity = draw_quantity(random);
    const auto same = std::ranges::find(order.lines, product.id, &OrderLine::product_id);
    if (same != order.lines.end()) continue;
    order.total += quantity * product.price;
    order.lines.push_back({.product_id = product.id,
                           .product_name = draw_words(product.leaf, product.random).name(),
                           .quantity = quantity,
                           .unit_price = product.price});
  }
}

}  // namespace souk::seed
