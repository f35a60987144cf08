#include "api/bulk/product_files.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace souk::api {
namespace {

using bulk::Row;
using testing::ElementsAre;
using testing::HasSubstr;

struct File {
  std::vector<Row> rows;
  std::string refused;  // why it cannot be read at all
};

// In pieces of `step` bytes.
File read(FileFormat format, std::string_view text, std::size_t step = 1'000'000) {
  const auto reader = product_reader(format);
  File file;
  for (std::size_t at = 0; at < text.size(); at += step) {
    if (const auto put = reader->put(text.substr(at, step), file.rows); !put) {
      file.refused = put.error().detail;
      return file;
    }
  }
  if (const auto ended = reader->end(file.rows); !ended) file.refused = ended.error().detail;
  return file;
}

File csv(std::string_view text) { return read(FileFormat::kCsv, text); }

std::string problem_of(const Row& row) {
  return row.problem
             ? fmt::format("{}: {}: {}", row.number, row.problem->column, row.problem->reason)
             : "";
}

// What is wrong with the only row below the header.
std::string problem(std::string_view header, std::string_view row) {
  const auto file = csv(fmt::format("{}\n{}\n", header, row));
  EXPECT_EQ(file.refused, "");
  EXPECT_EQ(file.rows.size(), 1u);
  return problem_of(file.rows.at(0));
}

bulk::Shown kettle() {
  bulk::Shown shown{.category = "Kitchen/Kettles, \"steel\"", .stock = 20};
  shown.product.sku = "=KET";
  shown.product.name = "'Copper' kettle";
  shown.product.description = "One line,\r\nand \"another\"\n";
  shown.product.price = {1905, *Currency::parse("EUR")};
  shown.product.is_active = false;
  return shown;
}

TEST(ProductFiles, WhatIsWrittenIsReadAgainWhereverThePiecesEnd) {
  for (const auto format : {FileFormat::kCsv, FileFormat::kNdjson}) {
    Buffer out;
    begin_file(format, out);
    write_row(format, kettle(), out);
    write_row(format, {.product = {.sku = "2", .name = "Ä", .price = {5, *Currency::parse("JPY")}}},
              out);
    for (std::size_t step = 1; step <= out.size(); ++step) {
      const auto file = read(format, out.view(), step);
      ASSERT_EQ(file.refused, "");
      ASSERT_EQ(file.rows.size(), 2u);
      const auto& row = file.rows[0];
      ASSERT_EQ(problem_of(row), "");
      EXPECT_EQ(row.sku, "=KET");
      EXPECT_EQ(row.patch.name, "'Copper' kettle");
      EXPECT_EQ(row.patch.description, "One line,\r\nand \"another\"\n");
      EXPECT_EQ(row.category, "Kitchen/Kettles, \"steel\"");
      EXPECT_EQ(row.patch.price, kettle().product.price);
      EXPECT_EQ(row.patch.is_active, false);
      EXPECT_EQ(row.stock, 20);
      EXPECT_EQ(file.rows[1].patch.price, (Money{5, *Currency::parse("JPY")}));
    }
  }
}

TEST(ProductFiles, APriceIsExact) {
  const auto amount = [](std::string_view price, std::string_view currency) {
    const auto file = csv(fmt::format("sku,price,currency\n1,{},{}\n", price, currency));
    return file.rows.at(0).patch.price.value_or(Money{-1, {}}).amount;
  };
  EXPECT_EQ(amount("19.99", "EUR"), 1999);
  EXPECT_EQ(amount("0.1", "EUR"), 10);
  EXPECT_EQ(amount("20", "EUR"), 2000);
  EXPECT_EQ(amount("4611686018427.37", "EUR"), 461'168'601'842'737);
  EXPECT_EQ(amount("500", "JPY"), 500);
  EXPECT_EQ(amount("500.00", "JPY"), 500);
  EXPECT_EQ(amount("1.234", "KWD"), 1234);
  for (const auto* bad : {"1.999", "1e2", "-1", "+1", ".5", "5.", "1 000", "0x1", "19\"\"99",
                          "9999999999999999999999"}) {
    EXPECT_EQ(amount(bad, "EUR"), -1) << bad;
  }
  EXPECT_EQ(amount("500.5", "JPY"), -1);
}

TEST(ProductFiles, TheHeaderChoosesColumnsAndDelimiter) {
  const auto file = csv("\xEF\xBB\xBFstock; sku ;name\r\n7;A;\"a;b\"\r\n;B;\r\n");
  ASSERT_EQ(file.rows.size(), 2u);
  EXPECT_EQ(file.rows[0].stock, 7);
  EXPECT_EQ(file.rows[0].sku, "A");
  EXPECT_EQ(file.rows[0].patch.name, "a;b");
  EXPECT_EQ(file.rows[1].stock, std::nullopt) << "an empty cell leaves it as it is";
  EXPECT_EQ(file.rows[1].patch.name, std::nullopt);
  EXPECT_EQ(csv("sku,description\nA,\n").rows.at(0).patch.description, "");
}

TEST(ProductFiles, AFileThatCannotBeReadSaysWhy) {
  EXPECT_THAT(csv("").refused, HasSubstr("empty"));
  EXPECT_THAT(csv("name,price\n").refused, HasSubstr("no column sku"));
  EXPECT_THAT(csv("sku,colour\nA,red\n").refused, HasSubstr("\"colour\""));
  EXPECT_THAT(csv("sku,sku\n").refused, HasSubstr("twice"));
  EXPECT_THAT(csv("\"sku\"x,name\n").refused, HasSubstr("header cannot be read: text follows"));
  EXPECT_THAT(csv("\xFF\xFEs").refused, HasSubstr("UTF-16"));
  EXPECT_THAT(read(FileFormat::kNdjson, "\xFE\xFF{}\n").refused, HasSubstr("UTF-16"));
  EXPECT_THAT(csv(std::string(bulk::kMaxRowBytes + 1, 'x')).refused, HasSubstr("too long"));
}

TEST(ProductFiles, ABadRowIsNumberedAndTheNextOneIsRead) {
  const auto file = csv(fmt::format("sku,stock\nA,1\nB\n\nC,x\n\"D\"x,2\n{},3\nE,4\n\"F",
                                    std::string(bulk::kMaxRowBytes, 'x')));
  std::vector<std::string> problems;
  for (const auto& row : file.rows) problems.push_back(problem_of(row));
  EXPECT_THAT(problems,
              ElementsAre("", "3: : has 1 cells; the header has 2",
                          "5: stock: must be a whole number", HasSubstr("6: : text follows"),
                          HasSubstr("7: : is longer"), "", HasSubstr("9: : the quotation mark")));
  EXPECT_EQ(file.rows.at(5).sku, "E");
  EXPECT_EQ(problem("sku,stock", std::string(1'000'000, ',')),
            "2: : has more cells than a row may have");
}

TEST(ProductFiles, EachColumnSaysWhatItTakes) {
  EXPECT_EQ(problem("sku,name", "A,\xE4"),
            "2: name: is not UTF-8 (in spreadsheets: \"CSV UTF-8\")");
  EXPECT_EQ(problem("sku,isActive", "A,maybe"), "2: isActive: must be true or false");
  EXPECT_EQ(problem("sku,isActive", "A,FALSE"), "");
  EXPECT_EQ(problem("sku,price,currency", "A,1,eur"),
            "2: currency: must be three capital letters (ISO 4217)");
  EXPECT_EQ(problem("sku,price,currency", "A,,EUR"), "2: price: is needed beside a currency");
  EXPECT_EQ(problem("sku,price,currency", "A,1,"),
            "2: currency: must be three capital letters (ISO 4217)");
}

TEST(ProductFiles, ALineOfJsonIsAsStrictAsABody) {
  const auto file = read(FileFormat::kNdjson,
                         "{\"sku\":\"A\",\"stock\":1}\n{\"sku\":\"B\",\"colour\":1}\n"
                         "{\"name\":\"C\"}\nnonsense\n{\"sku\":\"E\",\"price\":1.5}\n\n"
                         "{\"sku\":\"F\"}\n5\n[]");
  std::vector<std::string> problems;
  for (const auto& row : file.rows) problems.push_back(problem_of(row));
  EXPECT_THAT(problems, ElementsAre("", HasSubstr("2: colour:"), HasSubstr("3: sku: is missing"),
                                    HasSubstr("4: : the body is not"), HasSubstr("5: price: must"),
                                    "", "8: : must be an object", "9: : must be an object"));
}

}  // namespace
}  // namespace souk::api
