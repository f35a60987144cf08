#include "api/wire.h"

#include <array>
#include <unordered_map>

#include "base/rfc3339.h"

namespace souk::api {
namespace {

void write_product_members(JsonWriter& json, const catalog::Product& product) {
  json.member("id", product.id.value);
  json.member("name", product.name);
  json.member("description", product.description);
  json.member("categoryId", product.category_id.value);
  json.key("price");
  write(json, product.price);
  json.member("isActive", product.is_active);
  json.member("version", product.version);
}

void write_part(JsonWriter& json, const reports::OrderReport::Day& day) {
  constexpr std::size_t kDateSize = 10;
  std::array<char, kRfc3339Size> text;
  format_rfc3339(day.date, text.data());
  json.begin_object();
  json.member("date", std::string_view(text.data(), kDateSize));
  json.member("orders", day.orders);
  json.key("total");
  write(json, day.total);
  json.end_object();
}

void write_part(JsonWriter& json, const reports::OrderReport::Status& status) {
  json.begin_object();
  json.member("status", status.status);
  json.member("orders", status.orders);
  json.end_object();
}

void write_part(JsonWriter& json, const reports::OrderReport::Product& product) {
  json.begin_object();
  json.member("productId", product.id.value);
  json.member("productName", product.name);
  json.member("quantity", product.quantity);
  json.key("total");
  write(json, product.total);
  json.end_object();
}

// Of an order that somebody reads and of one that is exported.
template <class Item>
void write_item(JsonWriter& json, const Item& item) {
  json.begin_object();
  json.member("productId", item.product_id.value);
  json.member("productName", item.product_name);
  json.member("quantity", item.quantity);
  json.key("unitPrice");
  write(json, item.unit_price);
  json.end_object();
}

std::string_view status_text(orders::Status status) {
  return name_of(orders::kStatusNames, status);
}
// An exported order has it as the database does.
std::string_view status_text(std::string_view status) { return status; }

template <class Order>
void write_order_members(JsonWriter& json, const Order& order) {
  json.member("id", order.id.value);
  json.member("status", status_text(order.status));
  json.member("orderDate", order.order_date);
  json.key("total");
  write(json, order.total);
  json.key("items");
  json.begin_array();
  for (const auto& item : order.items) write_item(json, item);
  json.end_array();
}

template <class T>
void write_parts(JsonWriter& json, const std::vector<T>& parts) {
  json.begin_array();
  for (const auto& part : parts) write_part(json, part);
  json.end_array();
}

}  // namespace

void write(JsonWriter& json, const Money& money) {
  json.begin_object();
  json.member("amount", money.amount);
  json.member("currency", money.currency.text());
  json.end_object();
}

void write(JsonWriter& json, const catalog::Product& product) {
  json.begin_object();
  write_product_members(json, product);
  json.end_object();
}

void write(JsonWriter& json, const StockedProduct& stocked) {
  json.begin_object();
  write_product_members(json, stocked.product);
  json.key("stock");
  json.raw(stocked.stock);
  json.end_object();
}

Buffer stocked(std::string_view product, std::string_view stock) {
  Buffer out(product.size() + stock.size() + 16);
  out.append(product.substr(0, product.size() - 1));  // without its closing brace
  out.append(",\"stock\":");
  out.append(stock);
  out.append('}');
  return out;
}

void write(JsonWriter& json, const inventory::Stock& stock) {
  json.begin_object();
  json.member("available", stock.available());
  json.member("onHand", stock.on_hand);
  json.member("reserved", stock.reserved);
  json.end_object();
}

void write(JsonWriter& json, const inventory::Reservation& reservation) {
  json.begin_object();
  json.member("id", reservation.id.value);
  json.member("status", inventory::name_of(reservation.status));
  json.member("expiresAt", reservation.expires_at);
  json.key("items");
  json.begin_array();
  for (const auto& line : reservation.lines) {
    json.begin_object();
    json.member("productId", line.product_id.value);
    json.member("quantity", line.quantity);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void write(JsonWriter& json, const inventory::Shortage& shortage) {
  json.begin_object();
  json.member("productId", shortage.product_id.value);
  json.member("requested", shortage.requested);
  json.member("available", shortage.available);
  json.end_object();
}

void write(JsonWriter& json, const accounts::User& user) {
  json.begin_object();
  json.member("id", user.id.value);
  json.member("email", user.email);
  json.member("name", user.name);
  json.member("isAdmin", user.is_admin);
  json.member("createdAt", user.created_at);
  json.end_object();
}

void write(JsonWriter& json, const accounts::Session& session) {
  json.begin_object();
  json.member("token", session.token);
  json.member("expiresAt", session.expires_at);
  json.key("user");
  write(json, session.user);
  json.end_object();
}

void write(JsonWriter& json, const accounts::Address& address) {
  json.begin_object();
  json.member("id", address.id.value);
  json.member("label", address.label);
  json.member("recipient", address.recipient);
  json.member("line1", address.line1);
  json.member("line2", address.line2);
  json.member("city", address.city);
  json.member("postalCode", address.postal_code);
  json.member("country", address.country);
  json.member("isDefault", address.is_default);
  json.end_object();
}

void write(JsonWriter& json, const orders::Order& order) {
  json.begin_object();
  write_order_members(json, order);
  json.end_object();
}

void write(JsonWriter& json, const reports::ExportedOrder& order) {
  json.begin_object();
  json.member("userId", order.user_id.value);
  write_order_members(json, order);
  json.end_object();
}

void write(JsonWriter& json, const reports::OrderReport& report) {
  json.begin_object();
  json.member("from", report.span.from);
  json.member("to", report.span.to);
  json.member("timezone", report.timezone);
  json.key("days");
  write_parts(json, report.days);
  json.key("statuses");
  write_parts(json, report.statuses);
  json.key("topProducts");
  write_parts(json, report.top_products);
  json.end_object();
}

void write(JsonWriter& json, const orders::Transition& transition) {
  json.begin_object();
  json.member("from", name_of(orders::kStatusNames, transition.from));
  json.member("to", name_of(orders::kStatusNames, transition.to));
  json.member("at", transition.at);
  json.key("by");
  json.begin_object();
  json.member("kind", name_of(kActorKindNames, transition.actor.kind));
  json.key("id");
  transition.actor.id ? json.value(*transition.actor.id) : json.null();
  json.end_object();
  json.member("note", transition.note);
  json.end_object();
}

void write(JsonWriter& json, const payments::Payment& payment) {
  json.begin_object();
  json.member("id", payment.id.value);
  json.member("orderId", payment.order_id.value);
  json.member("provider", payment.provider);
  json.key("amount");
  write(json, payment.amount);
  json.member("status", name_of(payments::kStatusNames, payment.status));
  json.member("goal", name_of(payments::kGoalNames, payment.goal));
  json.key("failure");
  payment.failure ? json.value(*payment.failure) : json.null();
  json.key("reference");
  payment.reference ? json.value(*payment.reference) : json.null();
  json.key("refundReference");
  payment.refund_reference ? json.value(*payment.refund_reference) : json.null();
  json.member("createdAt", payment.created_at);
  json.end_object();
}

// Without recursion: how deep the tree is is the data's business.
Buffer tree_of(const std::vector<catalog::Category>& categories) {
  constexpr auto kNobody = std::optional<CategoryId>();
  std::unordered_map<std::optional<CategoryId>, std::vector<const catalog::Category*>> children;
  for (const auto& category : categories) children[category.parent_id].push_back(&category);

  Buffer out(128 * (categories.size() + 1));
  JsonWriter json(out);
  json.begin_object();
  json.key("items");
  json.begin_array();
  struct Level {
    const std::vector<const catalog::Category*>& siblings;
    std::size_t next = 0;
  };
  std::vector<Level> path{{children[kNobody]}};
  while (true) {
    auto& [siblings, next] = path.back();
    if (next == siblings.size()) {
      json.end_array();
      path.pop_back();
      if (path.empty()) break;
      json.end_object();
      continue;
    }
    const auto& category = *siblings[next++];
    json.begin_object();
    json.member("id", category.id.value);
    json.member("name", category.name);
    json.member("slug", category.slug);
    json.key("children");
    json.begin_array();
    path.push_back({children[category.id]});
  }
  json.key("nextCursor");
  json.null();
  json.end_object();
  return out;
}

}  // namespace souk::api
