#include "loadtest/workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "http/h1/request_writer.h"

namespace souk::loadtest {
namespace {

Catalogue catalogue() {
  Catalogue shop;
  for (int i = 0; i < 500; ++i) {
    shop.products.push_back(fmt::format("0190a000-0000-7000-8000-{:012}", i));
    shop.prices.push_back(100 + i);
  }
  shop.categories = {"cat-1", "cat-2"};
  shop.search_words = {"lamp", "chair"};
  return shop;
}

const Scenario& normal_load() {
  static const Scenario kScenario = load_scenario("normal_load").value();
  return kScenario;
}
constexpr std::size_t kListProducts = 0;
constexpr std::size_t kGetProduct = 1;
constexpr std::size_t kPlaceOrder = 2;

Workload workload(std::uint64_t run = 7, std::uint64_t seed = 1, Wants wants = {}) {
  return {normal_load(), catalogue(), {"token-a", "token-b"}, "shop:8080",
          run,           seed,        std::move(wants)};
}

struct Sent {
  std::size_t endpoint;
  std::string text;
};

Sent send(Shopper& shopper) {
  http::OutgoingRequest request;
  const auto endpoint = shopper.next(request);
  Buffer buffer;
  http::h1::write_request(buffer, request);
  return {endpoint, std::string(buffer.view())};
}

std::string target_of(const std::string& request) {
  const auto begin = request.find(' ') + 1;
  return request.substr(begin, request.find(' ', begin) - begin);
}

std::string field(const std::string& request, const std::string& name) {
  const auto begin = request.find(name + ": ") + name.size() + 2;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

void answer_well(Shopper& shopper, std::size_t endpoint) {
  if (endpoint == kPlaceOrder) {
    shopper.answered(201, R"({"id":"0190a000-0000-7000-8000-000000000001","status":"pending"})");
  } else {
    shopper.answered(200, R"("nextCursor":null})");
  }
}

Sent next_order(Shopper& shopper) {
  for (;;) {
    auto sent = send(shopper);
    if (sent.endpoint == kPlaceOrder) return sent;
    answer_well(shopper, sent.endpoint);
  }
}

TEST(Workload, KeepsTheMixOfTheRfc) {
  const auto load = workload();
  Shopper shopper(load, 0);
  std::map<std::size_t, int> counts;
  for (int i = 0; i < 20'000; ++i) {
    const auto sent = send(shopper);
    ++counts[sent.endpoint];
    answer_well(shopper, sent.endpoint);
  }
  EXPECT_NEAR(counts[kListProducts], 14'000, 300);
  EXPECT_NEAR(counts[kGetProduct], 4'000, 300);
  EXPECT_NEAR(counts[kPlaceOrder], 2'000, 300);
}

TEST(Workload, AsksForTheSameWithTheSameSeed) {
  const auto one = workload(7, 3);
  const auto same = workload(8, 3);
  const auto other = workload(7, 4);
  std::vector<std::string> texts[3];
  std::size_t which = 0;
  for (const auto* load : {&one, &same, &other}) {
    Shopper shopper(*load, 5);
    for (int i = 0; i < 50; ++i) {
      const auto sent = send(shopper);
      texts[which].push_back(target_of(sent.text));
      answer_well(shopper, sent.endpoint);
    }
    ++which;
  }
  EXPECT_EQ(texts[0], texts[1]);
  EXPECT_NE(texts[0], texts[2]);
}

TEST(Workload, FollowsTheCursorOfTheListItSaw) {
  const auto load = workload();
  Shopper shopper(load, 0);
  std::string last;
  int followed = 0;
  for (int i = 0; i < 2'000; ++i) {
    const auto sent = send(shopper);
    if (sent.endpoint != kListProducts) {
      answer_well(shopper, sent.endpoint);
      continue;
    }
    const auto target = target_of(sent.text);
    if (const auto cursor = target.find("cursor="); cursor != target.npos) {
      ++followed;
      EXPECT_EQ(target.substr(cursor), "cursor=a%2Bb");
      EXPECT_EQ(target.substr(0, cursor - 1), last.substr(0, cursor - 1));
    } else {
      last = i % 3 == 0 ? "no cursor is of a list that was not answered" : target;
    }
    if (i % 3 == 0) {
      shopper.unanswered();
      continue;
    }
    EXPECT_EQ(shopper.answered(200, R"(..."}],"nextCursor":"a+b"})"), Outcome::kGood);
  }
  EXPECT_GT(followed, 100);
}

TEST(Workload, OrdersAreWholeRequestsWithKeysOfTheirOwn) {
  const auto load = workload();
  std::set<std::string> keys;
  for (std::uint32_t user = 0; user < 20; ++user) {
    Shopper shopper(load, user);
    for (int i = 0; i < 10; ++i) {
      const auto sent = next_order(shopper);
      const auto body = sent.text.substr(sent.text.find("\r\n\r\n") + 4);
      EXPECT_EQ(field(sent.text, "Content-Length"), std::to_string(body.size()));
      EXPECT_EQ(field(sent.text, "Authorization"),
                user % 2 == 0 ? "Bearer token-a" : "Bearer token-b");
      EXPECT_TRUE(body.starts_with(R"({"items":[{"productId":")")) << body;
      keys.insert(field(sent.text, "Idempotency-Key"));
      answer_well(shopper, sent.endpoint);
    }
  }
  EXPECT_EQ(keys.size(), 200u);
}

TEST(Workload, InAFlashSaleEverybodyOrdersOneUnitOfTheSameProduct) {
  const auto load =
      workload(7, 1, {.mix = {{"order", 1}}, .only_product = "the-one", .password = {}});
  Shopper shopper(load, 0);
  for (int i = 0; i < 20; ++i) {
    const auto sent = send(shopper);
    EXPECT_EQ(sent.endpoint, kPlaceOrder);
    EXPECT_TRUE(sent.text.ends_with(R"({"items":[{"productId":"the-one","quantity":1}]})"));
    answer_well(shopper, sent.endpoint);
  }
}

TEST(Workload, AnAcknowledgedOrderIsKnownByIdAndKey) {
  const auto load = workload();
  Shopper shopper(load, 0);
  const auto sent = next_order(shopper);
  EXPECT_EQ(shopper.answered(201, R"({"id":"0190a000-0000-7000-8000-00000000002a","items":[]})"),
            Outcome::kGood);
  EXPECT_EQ(shopper.order_id().to_string(), "0190a000-0000-7000-8000-00000000002a");
  EXPECT_EQ(shopper.order_key().to_string(), field(sent.text, "Idempotency-Key"));
}

TEST(Workload, RepeatsAnOrderOfUnknownOutcomeWithItsKey) {
  const auto load = workload();
  Shopper shopper(load, 0);
  const auto first = next_order(shopper);
  shopper.unanswered();
  const auto second = send(shopper);
  EXPECT_EQ(second.text, first.text);
  EXPECT_EQ(shopper.answered(503, ""), Outcome::kServerError);
  EXPECT_EQ(send(shopper).text, first.text);
  answer_well(shopper, kPlaceOrder);
  EXPECT_FALSE(shopper.repeats());
}

TEST(Workload, GivesAnOrderUpAfterItsAttempts) {
  const auto load = workload();
  Shopper shopper(load, 0);
  next_order(shopper);
  for (unsigned attempt = 1; attempt < kMaxAttempts; ++attempt) {
    shopper.unanswered();
    ASSERT_TRUE(shopper.repeats());
    send(shopper);
  }
  shopper.unanswered();
  EXPECT_FALSE(shopper.repeats());
}

TEST(Workload, TellsExpectedAnswersFromErrors) {
  const auto load = workload();
  Shopper shopper(load, 0);
  next_order(shopper);
  EXPECT_EQ(shopper.answered(409, R"({"status":409,"code":"out_of_stock"})"), Outcome::kOutOfStock);
  next_order(shopper);
  EXPECT_EQ(shopper.answered(409, R"({"code":"idempotency_key_reused"})"), Outcome::kClientError);
  next_order(shopper);
  EXPECT_EQ(shopper.answered(201, R"({"status":"pending"})"), Outcome::kBadBody);
}

TEST(Workload, AShopWithoutCategoriesIsStillBrowsed) {
  Catalogue bare{.products = {"p"}, .categories = {}, .prices = {}, .search_words = {}};
  const Workload load(normal_load(), bare, {"t"}, "shop", 1, 1);
  EXPECT_EQ(load.sample_lists().front(), "/api/products?");
  Shopper shopper(load, 0);
  for (int i = 0; i < 100; ++i) answer_well(shopper, send(shopper).endpoint);
}

// A flow of two steps with values from the first one's answer.
constexpr auto kVisit = R"(
summary = "sign in and order"
think_time = "1s"
[[stage]]
hold = "1m"
users = 1
[[flow]]
name = "visit"
share = 1
[[flow.step]]
request = "POST /api/sessions"
body = '{"password":"${password}","once":"${unique}"}'
take = { token = "/token", user = "/user/name" }
think_time = "3s"
[[flow.step]]
request = "GET /api/users/{name}/orders"
with = { name = "${user}" }
query = "of=${user}"
as = "${token}"
)";

class AFlow : public testing::Test {
 protected:
  const Scenario scenario_ = parse_scenario(kVisit, "visit.toml").value();
  const Workload load_{scenario_,
                       catalogue(),
                       {"t"},
                       "shop",
                       7,
                       1,
                       {.mix = {}, .only_product = {}, .password = "a\"b"}};
  Shopper shopper_{load_, 3};
};

TEST_F(AFlow, PutsTheValuesOfAnAnswerIntoTheNextRequest) {
  const auto first = send(shopper_);
  EXPECT_TRUE(first.text.find(R"({"password":"a\"b","once":"07000000)") != first.text.npos)
      << first.text;
  EXPECT_EQ(shopper_.think_time(), std::chrono::seconds(3));
  EXPECT_EQ(shopper_.answered(201, R"({"token":"T1","user":{"name":"a/b c"}})"), Outcome::kGood);
  ASSERT_TRUE(shopper_.is_in_flow());
  const auto second = send(shopper_);
  EXPECT_EQ(target_of(second.text), "/api/users/a%2Fb%20c/orders?of=a%2Fb%20c");
  EXPECT_EQ(field(second.text, "Authorization"), "Bearer T1");
  EXPECT_EQ(shopper_.think_time(), std::chrono::seconds(1));
  EXPECT_EQ(shopper_.answered(200, "{}"), Outcome::kGood);
  EXPECT_FALSE(shopper_.is_in_flow());
}

TEST_F(AFlow, EndsWithTheFirstAnswerThatWasNotExpected) {
  send(shopper_);
  EXPECT_EQ(shopper_.answered(401, "{}"), Outcome::kClientError);
  EXPECT_FALSE(shopper_.is_in_flow());
  EXPECT_EQ(send(shopper_).endpoint, 0u) << "a new visit";
  EXPECT_EQ(shopper_.answered(201, R"({"token":"T1"})"), Outcome::kBadBody);
  EXPECT_FALSE(shopper_.is_in_flow());
  send(shopper_);
  shopper_.unanswered();
  EXPECT_FALSE(shopper_.is_in_flow()) << "without a key it cannot be repeated";
}

// Answers as a shop gives them whose API is GraphQL: Vendure 3.7.3.
TEST(Shopper, TakesAnAnswerForGoodOnlyWithWhatItMustHaveAndWithoutErrors) {
  const auto scenario = parse_scenario(R"(summary = "GraphQL"
[[stage]]
hold = "1m"
users = 1
[[flow]]
name = "order"
share = 1
[[flow.step]]
name = "an order"
request = "POST /shop-api"
body = '{"query":"mutation{addPaymentToOrder(input:{}){...on Order{code}}}"}'
expect = [200]
answer_has = "/data/addPaymentToOrder/code"
answer_lacks = "/errors"
)",
                                       "graphql.toml")
                            .value();
  EXPECT_EQ(scenario.endpoints, std::vector<std::string>{"an order"});
  const Workload work(scenario, catalogue(), {"token"}, "shop", 7, 1);
  Shopper shopper(work, 0);
  const auto outcome_of = [&shopper](int status, std::string_view body) {
    send(shopper);
    return shopper.answered(status, body);
  };
  EXPECT_EQ(outcome_of(200, R"({"data":{"addPaymentToOrder":{"code":"KKMPQJ1QK1S24HH2"}}})"),
            Outcome::kGood);
  EXPECT_EQ(outcome_of(200, R"({"data":{"addPaymentToOrder":{}}})"), Outcome::kBadBody);
  EXPECT_EQ(outcome_of(200, R"({"data":{"addPaymentToOrder":null}})"), Outcome::kBadBody);
  EXPECT_EQ(outcome_of(200, R"({"errors":[{"message":"error.entity-with-id-not-found"}],)"
                            R"("data":{"addPaymentToOrder":{"code":"KKMPQJ1QK1S24HH2"}}})"),
            Outcome::kBadBody);
  EXPECT_EQ(outcome_of(200, "<html>Bad gateway</html>"), Outcome::kBadBody);
  EXPECT_EQ(outcome_of(400, R"({"errors":[]})"), Outcome::kClientError);
}

TEST(Shopper, DrawsCategoriesWordsAndWhatAProductIsOrderedBy) {
  const auto scenario = parse_scenario(R"(summary = "another shop"
[[stage]]
hold = "1m"
users = 1
[[flow]]
name = "look"
share = 1
[[flow.step]]
request = "GET /store/products"
target = "/store/products/${product}?category=${category}&q=${word}&variant=${item}"
)",
                                       "other.toml")
                            .value();
  auto shop = catalogue();
  for (const auto& product : shop.products) shop.items.push_back("variant-of-" + product);
  const Workload work(scenario, shop, {"token"}, "shop", 7, 1,
                      {.headers = {{"x-publishable-api-key", "pk_1"}}});
  Shopper shopper(work, 0);
  const auto sent = send(shopper).text;
  EXPECT_EQ(field(sent, "x-publishable-api-key"), "pk_1");
  EXPECT_THAT(target_of(sent),
              testing::MatchesRegex("/store/products/0190a000-[0-9-]+[?]category=cat-[12]"
                                    "&q=(lamp|chair)&variant=variant-of-0190a000-[0-9-]+"));
}

}  // namespace
}  // namespace souk::loadtest
