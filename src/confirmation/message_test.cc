#include "confirmation/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace souk::confirmation {
namespace {

using testing::HasSubstr;

const jobs::Event kEvent{
    .id = Uuid::parse("018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01").value(),
    .type = "order.placed",
    .created_at = std::chrono::sys_days(std::chrono::year(2026) / 1 / 31) + std::chrono::hours(12),
    .data = ""};

orders::Order order() {
  const auto euro = Currency::parse("EUR").value();
  return {.id = OrderId{Uuid::parse("018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b02").value()},
          .user_id = {},
          .status = orders::Status::kPending,
          .order_date = {},
          .total = {3'999, euro},
          .items = {{.product_id = {},
                     .product_name = "Kännchen",
                     .quantity = 2,
                     .unit_price = {1'999, euro}}}};
}

const accounts::User kBuyer{
    .id = {}, .email = "ada@example.com", .name = "Ada\r\n1 x Crown", .created_at = {}};

mail::Message message_for(const orders::Order& order, const orders::EventDetails& details = {}) {
  return message_of({kEvent, order, details}, kBuyer);
}

TEST(ConfirmationMessage, SaysWhatWasOrdered) {
  const auto message = message_for(order());
  EXPECT_EQ(message.id, kEvent.id);
  EXPECT_EQ(message.date, kEvent.created_at);
  EXPECT_EQ(message.to_address, "ada@example.com");
  EXPECT_EQ(message.subject, "Your order 018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b02");
  EXPECT_THAT(message.text, HasSubstr("\n2 x Kännchen: 39.98 EUR\n"));
  EXPECT_THAT(message.text, HasSubstr("\nTotal: 39.99 EUR\n"));
  EXPECT_THAT(message.text, testing::Not(HasSubstr("\n1 x Crown")));
  EXPECT_THAT(message.text, testing::Not(HasSubstr("Delivery")));
}

TEST(ConfirmationMessage, NamesTheOrderByItsNumber) {
  auto numbered = order();
  numbered.number = "7KQ-2M9-XAC";
  const auto message = message_for(numbered);
  EXPECT_EQ(message.subject, "Your order 7KQ-2M9-XAC");
  EXPECT_THAT(message.text, HasSubstr("thank you for your order 7KQ-2M9-XAC."));
}

TEST(ConfirmationMessage, SaysWhereTheOrderGoes) {
  auto sent = order();
  sent.delivery_address = {.recipient = "Ada\nBcc: all@example.com",
                           .line1 = "12 St James's Square",
                           .line2 = "",
                           .city = "London",
                           .postal_code = "SW1Y 4JH",
                           .country = "GB"};
  EXPECT_THAT(message_for(sent).text,
              HasSubstr("\nDelivery to:\nAda Bcc: all@example.com\n12 St James's Square\n"
                        "SW1Y 4JH London\nGB\n"));
}

TEST(ConfirmationMessage, OfAShipmentSaysWhatTravelsHow) {
  auto shipped = order();
  shipped.status = orders::Status::kPartiallyShipped;
  std::optional<orders::Shipment> shipment({.id = {},
                                            .shipped_at = {},
                                            .carrier = "DHL\nBcc: all@example.com",
                                            .tracking_number = "0034",
                                            .tracking_url = "https://carrier.example/0034",
                                            .actor = {},
                                            .idempotency_key = {},
                                            .request_hash = {},
                                            .items = {{.product_id = {}, .quantity = 1}}});
  const auto first = message_for(shipped, {.shipment = shipment});
  EXPECT_EQ(first.subject, "Your order 018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b02 is on its way");
  EXPECT_THAT(first.text, HasSubstr("\n1 x Kännchen\n\nThe rest follows later.\n\n"
                                    "Carrier: DHL Bcc: all@example.com\n\n"
                                    "Tracking number: 0034\n\n"
                                    "Follow it at https://carrier.example/0034\n"));
  shipped.status = orders::Status::kShipped;
  shipment->carrier.reset();
  const auto last = message_for(shipped, {.shipment = shipment}).text;
  EXPECT_THAT(last, testing::Not(HasSubstr("rest follows")));
  EXPECT_THAT(last, testing::Not(HasSubstr("Carrier")));
}

TEST(ConfirmationMessage, OfARefundSaysHowMuchWasReturned) {
  auto refunded = order();
  const auto message = [&refunded](std::int64_t now) {
    return message_for(refunded, {.returned = Money{now, refunded.total.currency}});
  };
  refunded.refunded = {1'000, refunded.total.currency};
  EXPECT_THAT(message(1'000).subject, testing::EndsWith("b02: refund"));
  EXPECT_THAT(message(1'000).text, HasSubstr("we have returned 10.00 EUR of your order "));
  EXPECT_THAT(message(1'000).text, testing::Not(HasSubstr("so far")));
  EXPECT_THAT(message(400).text, HasSubstr("we have returned 4.00 EUR"));
  EXPECT_THAT(message(400).text, HasSubstr("\nReturned so far: 10.00 EUR\n"));
}

}  // namespace
}  // namespace souk::confirmation
