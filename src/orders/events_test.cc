#include "orders/events.h"

#include <gtest/gtest.h>

namespace souk::orders {
namespace {

Uuid id(int number) {
  Uuid id;
  id.bytes[15] = static_cast<std::uint8_t>(number);
  return id;
}

Order order() {
  const auto yen = Currency::parse("JPY").value();
  return {.id = OrderId{id(1)},
          .user_id = UserId{id(2)},
          .status = Status::kPending,
          .order_date = {},
          .total = {3'998, yen},
          .items = {{ProductId{id(3)}, "A \"quoted\" name", 2, {1'000, yen}},
                    {ProductId{id(4)}, "Kännchen", 1, {1'998, yen}}}};
}

TEST(OrderEvents, TellTheOrder) {
  const auto read = read_event_payload(event_payload(order())).value();
  EXPECT_EQ(read.id, order().id);
  EXPECT_EQ(read.user_id, order().user_id);
  EXPECT_EQ(read.status, Status::kPending);
  EXPECT_EQ(read.total, order().total);
  ASSERT_EQ(read.items.size(), 2u);
  EXPECT_EQ(read.items[0].product_name, "A \"quoted\" name");
  EXPECT_EQ(read.items[1].product_id, ProductId{id(4)});
  EXPECT_EQ(read.items[1].quantity, 1);
  EXPECT_EQ(read.items[1].unit_price, order().items[1].unit_price);
}

TEST(OrderEvents, TellWhereTheOrderGoesAndWhomItIsToldTo) {
  auto sent = order();
  sent.number = "7KQ-2M9-XAC";
  sent.email = "ada@example.com";
  sent.delivery_address = {.recipient = "Ada \"A\" Lovelace",
                           .line1 = "12 St James's Square",
                           .line2 = "",
                           .city = "London",
                           .postal_code = "SW1Y 4JH",
                           .country = "GB"};
  const auto read = read_event_payload(event_payload(sent)).value();
  EXPECT_EQ(read.number, sent.number);
  EXPECT_EQ(read.email, sent.email);
  EXPECT_EQ(read.delivery_address, sent.delivery_address);
}

TEST(OrderEvents, OfBeforeOrdersHadAnAddressAreReadToo) {
  auto text = event_payload(order());
  for (const std::string_view without :
       {"\"number\":null,", "\"email\":null,", "\"deliveryAddress\":null,", ",\"shipped\":0",
        R"(,"refunded":{"amount":0,"currency":"JPY"})"}) {
    text.erase(text.find(without), without.size());
  }
  const auto read = read_event_payload(text).value();
  EXPECT_EQ(read.total, order().total);
  EXPECT_FALSE(read.number || read.email || read.delivery_address);
}

// Jobs of the earlier version may still wait when a shop is upgraded.
TEST(OrderEvents, WithPlainAmountsBesideOneCurrencyAreRead) {
  constexpr std::string_view kEarlier =
      R"({"orderId":"00000000-0000-0000-0000-000000000001",)"
      R"("userId":"00000000-0000-0000-0000-000000000002","total":3998,"currency":"JPY",)"
      R"("status":"paid","items":[{"productId":"00000000-0000-0000-0000-000000000003",)"
      R"("productName":"P","quantity":2,"unitPrice":1999}],"refunded":1000,"returned":400})";
  const auto yen = order().total.currency;
  const auto read = read_event_payload(kEarlier).value();
  EXPECT_EQ(read.total, (Money{3'998, yen}));
  EXPECT_EQ(read.refunded, (Money{1'000, yen}));
  EXPECT_EQ(read.items.at(0).unit_price, (Money{1'999, yen}));
  EXPECT_EQ(read_event_details(kEarlier).value().returned, (Money{400, yen}));
}

TEST(OrderEvents, TellAShipment) {
  auto sent = order();
  sent.items[0].shipped = 1;
  const Shipment shipment{.id = {id(9)},
                          .shipped_at = Timestamp(std::chrono::microseconds(1'700'000'000'000'001)),
                          .carrier = "DHL",
                          .tracking_number = std::nullopt,
                          .tracking_url = "https://carrier.example/1",
                          .actor = {},
                          .idempotency_key = {},
                          .request_hash = {},
                          .items = {{ProductId{id(3)}, 1}}};
  const auto payload = event_payload(sent, {.shipment = shipment});
  EXPECT_EQ(read_event_payload(payload).value().items[0].shipped, 1);
  const auto read = read_event_details(payload).value().shipment.value();
  EXPECT_EQ(read.id, shipment.id);
  EXPECT_EQ(read.shipped_at, shipment.shipped_at);
  EXPECT_EQ(read.carrier, "DHL");
  EXPECT_EQ(read.tracking_number, std::nullopt);
  EXPECT_EQ(read.tracking_url, shipment.tracking_url);
  ASSERT_EQ(read.items.size(), 1u);
  EXPECT_EQ(read.items[0].product_id, ProductId{id(3)});
  EXPECT_EQ(read.items[0].quantity, 1);
  EXPECT_FALSE(read_event_details(event_payload(sent)).value().shipment);
  EXPECT_FALSE(read_event_details("{\"shipment\":{}}"));
}

TEST(OrderEvents, TellHowMuchWasReturnedAndHowMuchOfItIsNew) {
  auto sent = order();
  sent.refunded = {1'000, sent.total.currency};
  const auto payload = event_payload(sent, {.returned = Money{400, sent.total.currency}});
  EXPECT_EQ(read_event_payload(payload).value().refunded, sent.refunded);
  EXPECT_EQ(read_event_details(payload).value().returned, (Money{400, sent.total.currency}));
  EXPECT_FALSE(read_event_details(event_payload(sent)).value().returned);
}

TEST(OrderEvents, AreRefusedWhereSomethingIsMissingOrOfAnotherType) {
  EXPECT_FALSE(read_event_payload("{}"));
  EXPECT_FALSE(read_event_payload("no JSON"));
  const auto with = [](std::string_view one, std::string_view other) {
    auto text = event_payload(order());
    text.replace(text.find(one), one.size(), other);
    return read_event_payload(text).error().code;
  };
  EXPECT_EQ(with("3998", "\"3998\""), ErrorCode::kValidationFailed);
  EXPECT_EQ(with(R"({"amount":3998,"currency":"JPY"})", "3998"), ErrorCode::kValidationFailed);
  EXPECT_EQ(with("JPY", "yen"), ErrorCode::kValidationFailed);
  EXPECT_EQ(with("\"quantity\":2", "\"quantity\":3000000000"), ErrorCode::kValidationFailed);
  EXPECT_EQ(with("productName", "name"), ErrorCode::kValidationFailed);
}

TEST(OrderEvents, NobodyIsToldOfAConfirmation) { EXPECT_EQ(event_kind(Status::kConfirmed), ""); }

TEST(OrderEvents, AreNamedAfterTheStatusThatTheOrderHasComeInto) {
  EXPECT_EQ(event_kind(Status::kPending), "order.placed");
  for (const auto status : {Status::kPaid, Status::kPartiallyShipped, Status::kShipped,
                            Status::kDelivered, Status::kCancelled, Status::kRefunded}) {
    EXPECT_EQ(event_kind(status), "order." + std::string(name_of(kStatusNames, status)));
  }
}

}  // namespace
}  // namespace souk::orders
