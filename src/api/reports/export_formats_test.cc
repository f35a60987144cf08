#include "api/reports/export_formats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <chrono>

namespace souk::api {
namespace {

using reports::ExportedOrder;

constexpr std::string_view kId = "018f9e10-5b44-7c1d-8f2e-6a0d5e7b9c33";
constexpr std::string_view kUser = "018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01";

ExportedOrder an_order(std::initializer_list<std::string_view> names) {
  const auto currency = *Currency::parse("EUR");
  ExportedOrder order{.id = {*Uuid::parse(kId)},
                      .user_id = {*Uuid::parse(kUser)},
                      .status = "paid",
                      .order_date = std::chrono::sys_days(std::chrono::year(2025) / 1 / 31),
                      .total = {3998, currency},
                      .items = {},
                      .number = "7KQ-2M9-XAC",
                      .email = "ada@example.com",
                      .delivery_address = ExportedOrder::Address{"Ada", "12 St James's Square", "",
                                                                 "London", "SW1Y 4JH", "GB"},
                      .refunded = {50, currency}};
  for (const auto name : names) {
    const auto number = static_cast<std::int16_t>(order.items.size() + 1);
    order.items.push_back({number, {*Uuid::parse(kId)}, name, 2, {1999, currency}, 1, 1});
  }
  return order;
}

std::string written(OrderFormat& format, const std::vector<ExportedOrder>& orders) {
  Buffer out;
  format.begin(out);
  for (const auto& order : orders) format.write(order, out);
  format.end(out);
  return std::string(out.view());
}

constexpr std::string_view kAsJson =
    R"({"userId":"018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01","id":"018f9e10-5b44-7c1d-8f2e-6a0d5e7b9c33",)"
    R"("number":"7KQ-2M9-XAC","status":"paid","orderDate":"2025-01-31T00:00:00.000000Z",)"
    R"("total":{"amount":3998,"currency":"EUR"},"refunded":{"amount":50,"currency":"EUR"},"email":"ada@example.com",)"
    R"("deliveryAddress":{"recipient":"Ada","line1":"12 St James's Square","line2":"",)"
    R"("city":"London","postalCode":"SW1Y 4JH","country":"GB"},)"
    R"("items":[{"productId":"018f9e10-5b44-7c1d-8f2e-6a0d5e7b9c33","productName":"A \"kettle\"",)"
    R"("quantity":2,"unitPrice":{"amount":1999,"currency":"EUR"},"shipped":1,"refunded":1}]})";

TEST(JsonArray, HoldsOneElementForEachOrder) {
  const auto format = export_format(0);
  EXPECT_EQ(format->content_type(), "application/json");
  const auto text = written(*format, {an_order({"A \"kettle\""}), an_order({})});
  simdjson::dom::parser parser;
  const auto array = parser.parse(text).get_array().value();
  ASSERT_EQ(array.size(), 2u);
  EXPECT_EQ(simdjson::minify(array.at(0)), kAsJson);
  EXPECT_EQ(array.at(1).at_key("items").get_array().size(), 0u);
}

TEST(JsonArray, IsAnArrayWithoutOrdersToo) {
  simdjson::dom::parser parser;
  const auto text = written(*export_format(0), {});
  EXPECT_EQ(parser.parse(text).get_array().size(), 0u);
}

TEST(JsonLines, AreOneObjectEach) {
  const auto format = export_format(1);
  EXPECT_EQ(format->content_type(), "application/x-ndjson");
  const std::string line = std::string(kAsJson) + "\n";
  EXPECT_EQ(written(*format, {an_order({"A \"kettle\""}), an_order({"A \"kettle\""})}),
            line + line);
  EXPECT_EQ(written(*format, {}), "");
}

constexpr std::string_view kCsvNames =
    "orderId,userId,status,orderDate,total,currency,lineNo,productId,productName,quantity,"
    "unitPrice,number,email,recipient,line1,line2,city,postalCode,country,shipped,refundedUnits,"
    "refunded\r\n";

TEST(Csv, IsALineForEachItemAfterTheNames) {
  const std::string order =
      "018f9e10-5b44-7c1d-8f2e-6a0d5e7b9c33,018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01,paid,"
      "2025-01-31T00:00:00.000000Z,3998,EUR,";
  const std::string to =
      ",7KQ-2M9-XAC,ada@example.com,Ada,12 St James's Square,,London,SW1Y 4JH,GB,1,1,50\r\n";
  const std::string product = ",018f9e10-5b44-7c1d-8f2e-6a0d5e7b9c33,";
  EXPECT_EQ(written(*export_format(2), {an_order({"Kettle", "Cup, blue"})}),
            std::string(kCsvNames) + order + "1" + product + "Kettle,2,1999" + to + order + "2" +
                product + "\"Cup, blue\",2,1999" + to);
  EXPECT_EQ(written(*export_format(2), {}), kCsvNames);
}

std::string csv(std::string_view text) {
  Buffer out;
  write_csv_text(text, out);
  return std::string(out.view());
}

TEST(CsvText, IsQuotedWhereItMustBe) {
  EXPECT_EQ(csv("plain; text"), "plain; text");
  EXPECT_EQ(csv(""), "");
  EXPECT_EQ(csv("a,b"), "\"a,b\"");
  EXPECT_EQ(csv("12\" pan"), "\"12\"\" pan\"");
  EXPECT_EQ(csv("\""), "\"\"\"\"");
  EXPECT_EQ(csv("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(csv("a\rb"), "\"a\rb\"");
}

TEST(CsvText, IsNeverTakenForAFormulaAndCanBeToldFromOneThatHadAnApostrophe) {
  for (const auto* text : {"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "'x", "\uFF1D1", "\uFF201"}) {
    EXPECT_EQ(csv(text), "'" + std::string(text));
  }
  EXPECT_EQ(csv("=HYPERLINK(\"x\",1)"), "\"'=HYPERLINK(\"\"x\"\",1)\"");
  EXPECT_EQ(csv("\r=1"), "\"'\r=1\"");
  EXPECT_EQ(csv("a=1"), "a=1");
}

TEST(TextReport, HasTheSumsAndThenALineForEachOrder) {
  const auto day = std::chrono::sys_days(std::chrono::year(2025) / 1 / 31);
  reports::OrderReport report{.span = {day, day + std::chrono::days(1)},
                              .days = {{day, 2, {123456, *Currency::parse("EUR")}},
                                       {day, 1, {70, *Currency::parse("JPY")}}},
                              .statuses = {{"paid", 3}},
                              .top_products = {{{}, "Kettle", 7, {5, *Currency::parse("EUR")}}}};
  const auto format = text_report(report);
  EXPECT_EQ(written(*format, {an_order({"Kettle"})}),
            "Order Report\n"
            "2025-01-31T00:00:00.000000Z to 2025-02-01T00:00:00.000000Z\n"
            "\nDays\n2025-01-31: 2 orders, 1234.56 EUR\n2025-01-31: 1 orders, 70 JPY\n"
            "\nStatuses\npaid: 3\n"
            "\nTop products\nKettle: 7 units, 0.05 EUR\n"
            "\nOrders\nOrder 018f9e10-5b44-7c1d-8f2e-6a0d5e7b9c33: 39.98 EUR\n");
}

TEST(TextReport, IsNotBrokenByNames) {
  const reports::OrderReport report{
      .timezone = "Europe/Berlin",
      .top_products = {{{}, "a\n\nOrders\tx\u202E", 7, {5, *Currency::parse("EUR")}},
                       {{}, "קומקום", 1, {5, *Currency::parse("EUR")}}}};
  const auto text = written(*text_report(report), {});
  EXPECT_THAT(text, testing::HasSubstr("\nDays of Europe/Berlin\n"));
  EXPECT_THAT(text, testing::HasSubstr("\na  Orders x : 7 units, 0.05 EUR\n"
                                       "\u2068קומקום\u2069: 1 units, 0.05 EUR\n"));
}

}  // namespace
}  // namespace souk::api
