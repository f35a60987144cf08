// A generated shop: every category, product, user and order is a pure function of the seed and its
// number, so that a million of them need no memory, and the same seed gives the same shop.
//
// Rows of a kind are numbered from 0 by age, and their UUIDv7 has their time: orders by number, id
// and creation are the same.
// Threading: immutable; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/uuid.h"

namespace souk::seed {

struct ShopSize {
  std::uint64_t products = 10'000;
  std::uint64_t users = 5'000;
  std::uint64_t orders = 50'000;
};

struct Category {
  Uuid id;
  std::optional<Uuid> parent_id;
  std::string name;
  std::string slug;
  std::int32_t position;
  Timestamp created_at;
};

struct Product {
  Uuid id;
  std::string name;
  std::string description;
  Uuid category_id;
  std::int64_t price;  // minor units
  bool is_active;
  Timestamp created_at;
  std::int64_t on_hand;
};

struct Address {
  Uuid id;
  std::string_view label;
  std::string line1;
  std::string_view city;
  std::string_view postal_code;
  std::string_view country;
};

struct User {
  Uuid id;
  std::string email;
  std::string name;
  Timestamp created_at;
  std::vector<Address> addresses;  // the first is the default
};

struct OrderLine {
  Uuid product_id;
  std::string product_name;
  std::int32_t quantity;
  std::int64_t unit_price;
};

struct Order {
  Uuid id;
  std::uint64_t user_number;
  Uuid user_id;
  std::size_t address_number;  // among the user's
  std::string_view status;
  Timestamp order_date;
  std::optional<Timestamp> cancelled_at;
  std::int64_t total;
  std::vector<OrderLine> lines;

  // Its units are reserved.
  bool waits_for_shipment() const {
    return status == "pending" || status == "confirmed" || status == "paid";
  }
};

class DemoShop {
 public:
  // Three years of products and users, two of orders, all before `until`.
  // REQUIRES: users and products > 0 where orders > 0.
  DemoShop(ShopSize size, std::uint64_t seed, Timestamp until);

  static constexpr std::string_view kCurrency = "EUR";

  const ShopSize& size() const { return size_; }
  // Parents precede their children.
  const std::vector<Category>& categories() const { return categories_; }
  Uuid admin_id() const;  // in addition to the size's users
  // REQUIRES: number < the size's.
  Product product(std::uint64_t number) const;
  User user(std::uint64_t number) const;
  Order order(std::uint64_t number) const;

 private:
  enum class Kind : std::uint8_t { kCategory, kProduct, kUser, kOrder };
  struct ProductCore;
  struct UserCore;

  // Spreads the rows of one kind evenly over a time span.
  struct Timeline {
    Timestamp start;
    std::chrono::microseconds slot;

    Timestamp draw(std::uint64_t number, SeededRandom& random) const;
    // A lower bound of how many of `size` exist at that time; at least one.
    std::uint64_t existing(Timestamp at, std::uint64_t size) const;
  };

  static Timeline timeline(Timestamp until, std::chrono::days length, std::uint64_t size);
  SeededRandom random_of(Kind kind, std::uint64_t number) const;
  ProductCore product_core(std::uint64_t number) const;
  UserCore user_core(std::uint64_t number) const;
  void add_category(std::optional<Uuid> parent, std::string name, std::string slug,
                    std::size_t position, Timestamp opened);
  void add_lines(Order& order, SeededRandom& random) const;

  ShopSize size_;
  std::array<std::uint64_t, 4> kind_seeds_{};
  Timestamp until_;
  Timeline products_;
  Timeline users_;
  Timeline orders_;
  std::vector<Category> categories_;
  std::vector<std::size_t> leaves_;  // indexes of the categories with products
};

}  // namespace souk::seed
