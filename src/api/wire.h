// What clients are sent: the names and shapes of the wire contract.
// Threading: pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "accounts/types.h"
#include "base/json_writer.h"
#include "catalog/types.h"
#include "inventory/reservation.h"
#include "inventory/types.h"
#include "orders/types.h"
#include "payments/types.h"
#include "reports/types.h"

namespace souk::api {

void write(JsonWriter& json, const Money& money);
void write(JsonWriter& json, const catalog::Product& product);
void write(JsonWriter& json, const inventory::Stock& stock);
void write(JsonWriter& json, const inventory::Shortage& shortage);
void write(JsonWriter& json, const inventory::Reservation& reservation);
void write(JsonWriter& json, const accounts::User& user);
void write(JsonWriter& json, const accounts::Session& session);
void write(JsonWriter& json, const accounts::Address& address);
void write(JsonWriter& json, const orders::Order& order);
void write(JsonWriter& json, const orders::Transition& transition);
void write(JsonWriter& json, const payments::Payment& payment);
// As an order, and whose it is.
void write(JsonWriter& json, const reports::ExportedOrder& order);
void write(JsonWriter& json, const reports::OrderReport& report);

// A product as it is where its stock was asked for.
struct StockedProduct {
  const catalog::Product& product;
  std::string_view stock;  // written already
};
void write(JsonWriter& json, const StockedProduct& stocked);

template <class T>
void write_array(JsonWriter& json, const std::vector<T>& items) {
  json.begin_array();
  for (const auto& item : items) write(json, item);
  json.end_array();
}

// The same from both written already.
Buffer stocked(std::string_view product, std::string_view stock);

template <class T>
Buffer body_of(const T& value) {
  Buffer out(512);
  JsonWriter json(out);
  write(json, value);
  return out;
}

// A page of a list; without `next_cursor` the last one.
template <class T>
Buffer page_of(const std::vector<T>& items, const std::optional<std::string>& next_cursor) {
  Buffer out(512 * (items.size() + 1));
  JsonWriter json(out);
  json.begin_object();
  json.key("items");
  write_array(json, items);
  json.key("nextCursor");
  next_cursor ? json.value(*next_cursor) : json.null();
  json.end_object();
  return out;
}

// The tree as nested lists. `categories`: parents before children, siblings in their order.
Buffer tree_of(const std::vector<catalog::Category>& categories);

}  // namespace souk::api
