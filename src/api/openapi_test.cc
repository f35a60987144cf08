#include "api/document/openapi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>
#include <set>

#include "accounts/shared_failures.h"
#include "api/api.h"
#include "api/operation/access.h"
#include "api/operations.h"
#include "api/webhooks/events.h"
#include "api/wire/error_codes.h"
#include "orders/events.h"
#include "payments/sandbox_provider.h"
#include "vitals/vitals.h"

namespace souk::api {
namespace {

// The properties of an operation that both the document and the routes have.
struct Said {
  std::string name;
  std::uint32_t statement_budget = 0;
  http::Access access = kPublic;
  bool takes_body = false;
  std::set<std::string> query = {};
  friend bool operator==(const Said&, const Said&) = default;
  friend void PrintTo(const Said& said, std::ostream* out) {
    *out << said.name << ", budget " << said.statement_budget << ", access "
         << static_cast<int>(said.access) << (said.takes_body ? ", body" : "") << ", query "
         << testing::PrintToString(said.query);
  }
};
using Operations = std::map<std::pair<std::string, std::string>, Said>;

// Services on a pool that is never started: the routes are inspected, not called.
class OpenapiTest : public testing::Test {
 protected:
  Operations of_routes() {
    http::Routers routers;
    api_.add_routes(routers);
    Operations operations;
    add(routers.shop, operations);
    add(routers.operators, operations);
    return operations;
  }

  static void add(const http::Router& router, Operations& operations) {
    for (const auto& route : router.routes()) {
      std::string method(http::method_name(route.method));
      for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
      operations[{route.path, method}] = {
          route.name, route.statement_budget, route.access, route.takes != http::Takes::kNothing,
          std::set<std::string>(route.query.begin(), route.query.end())};
    }
  }

  Operations of_document() {
    Operations operations;
    for (const auto [path, methods] : document_["paths"].get_object()) {
      for (const auto [method, operation] : methods.get_object()) {
        const bool admin = operation["x-admin-only"].error() == simdjson::SUCCESS;
        const bool open = operation["security"].get_array().size() == 0;
        operations[{std::string(path), std::string(method)}] = {
            std::string(operation["operationId"].get_string().value()),
            static_cast<std::uint32_t>(operation["x-statement-budget"].get_uint64().value()),
            open    ? kPublic
            : admin ? kAdmin
                    : kUser,
            operation["requestBody"].error() == simdjson::SUCCESS, query_of(operation)};
      }
    }
    return operations;
  }

  std::set<std::string> query_of(simdjson::dom::element operation) {
    std::set<std::string> names;
    simdjson::dom::array parameters;
    if (operation["parameters"].get(parameters) != simdjson::SUCCESS) return names;
    for (auto parameter : parameters) {
      std::string_view reference;
      if (parameter["$ref"].get(reference) == simdjson::SUCCESS) {
        parameter = document_.at_pointer(reference.substr(1)).value();
      }
      if (parameter["in"].get_string().value() != "query") continue;
      names.emplace(parameter["name"].get_string().value());
    }
    return names;
  }

  runtime::Loop loop_;
  telemetry::Registry registry_;
  SystemClock clock_;
  SystemRandom random_;
  UuidGenerator ids_{clock_, random_};
  telemetry::Log log_{telemetry::LogLevel::kError, 2, clock_, registry_};
  runtime::Offload offload_{1, 1};
  accounts::SignInGuard guard_{{}, registry_, log_};
  redis::SharedSecret secret_;
  accounts::SharedFailures failures_{nullptr, secret_, registry_};
  postgres::Pool pool_{loop_, registry_, {}};
  cache::SharedCache shared_{{}, {"catalog", "stock"}, {}, offload_, registry_};
  cache::HybridCache cache_{shared_, nullptr, loop_, registry_, log_, clock_};
  cache::Inspector inspector_{shared_, cache_, nullptr, pool_};
  catalog::Searches searches_{pool_, loop_, registry_, {}, 1};
  catalog::Catalog catalog_{pool_, cache_, searches_, ids_};
  inventory::Inventory inventory_{pool_, cache_};
  checkout::Reservations reservations_{pool_, inventory_, ids_};
  orders::Orders orders_{pool_};
  accounts::Accounts accounts_{pool_,  loop_, {offload_, guard_, failures_},
                               clock_, ids_,  registry_};
  jobs::Notifier notifier_;
  accounts::Requests requests_{accounts_, pool_, clock_, ids_, notifier_, {}};
  checkout::OrderQueue order_queue_{registry_, {}};
  checkout::Checkout checkout_{loop_, pool_, order_queue_, registry_, ids_};
  payments::Metrics payment_metrics_{registry_};
  payments::SandboxProvider provider_{loop_, pool_, clock_, ids_, {}, {}};
  checkout::PaymentFlow payments_{
      pool_, {inventory_, notifier_, log_}, payments::Providers({&provider_}), clock_,
      ids_,  {payment_metrics_, log_}};
  checkout::PaymentReceipts receipts_{
      pool_, {inventory_, notifier_, log_}, clock_, ids_, payment_metrics_};
  checkout::OrderFlow order_flow_{pool_, {inventory_, notifier_, log_}, payments_, clock_, ids_};
  jobs::Inspector jobs_{pool_, notifier_};
  webhooks::Config webhook_config_;
  webhooks::Webhooks webhooks_{pool_, notifier_,       clock_,
                               ids_,  webhook_config_, orders::kEventKinds};
  reports::ReportsConfig reports_config_;
  reports::ExportSlots export_slots_{1};
  reports::Reports reports_{pool_, export_slots_, registry_, reports_config_};
  catalog::Managed managed_{pool_};
  inventory::Ledger ledger_{pool_, inventory_, ids_};
  bulk::Writer bulk_{pool_, ids_, registry_, {&catalog_, &inventory_}};
  vitals::Vitals vitals_{{}, registry_};
  Api api_{{cache_,    inspector_, catalog_,    inventory_, reservations_, orders_, accounts_,
            requests_, checkout_,  order_flow_, payments_,  receipts_,     jobs_,   webhooks_,
            reports_,  bulk_,      ledger_,     managed_,   vitals_,       pool_},
           clock_,
           log_};

  simdjson::dom::parser parser_;
  simdjson::dom::element document_ =
      parser_.parse(openapi_document(all_operations(), kWebhookEvents)).value();
};

TEST_F(OpenapiTest, DocumentAndRoutesSayTheSame) { EXPECT_EQ(of_document(), of_routes()); }

TEST_F(OpenapiTest, DocumentKnowsEveryErrorCode) {
  std::vector<std::string_view> documented;
  for (const auto code :
       document_.at_pointer("/components/schemas/Problem/properties/code/enum").get_array()) {
    documented.push_back(code.get_string().value());
  }
  std::vector<std::string_view> known;
  for (const auto code : error_codes()) known.push_back(code.name());
  EXPECT_THAT(documented, testing::UnorderedElementsAreArray(known));
}

TEST_F(OpenapiTest, DescribesEachEventThatAWebhookMaySubscribeTo) {
  std::vector<std::string_view> described;
  for (const auto [type, event] : document_["webhooks"].get_object()) described.push_back(type);
  std::vector<std::string_view> kinds(orders::kEventKinds.begin(), orders::kEventKinds.end());
  kinds.push_back(webhooks::kTestKind);
  EXPECT_EQ(described, kinds);
  EXPECT_EQ(document_.at_pointer("/webhooks/order.partially_shipped/post/operationId")
                .get_string()
                .value(),
            "orderPartiallyShipped");
}

TEST_F(OpenapiTest, SaysWhatGeneratedClientsGoBy) {
  const auto at = [this](std::string_view pointer) {
    return document_.at_pointer(pointer).value();
  };
  EXPECT_EQ(at("/servers/0/url").get_string().value(), "/");
  EXPECT_EQ(at("/paths/~1api~1jobs/get/servers/0/url").get_string().value(),
            "http://127.0.0.1:18080");
  EXPECT_EQ(at("/components/schemas/Product/properties/id/minLength").get_uint64().value(), 36u);
  EXPECT_EQ(
      at("/paths/~1api~1products~1{id}/get/parameters/0/schema/minLength").get_uint64().value(),
      1u);
  EXPECT_EQ(simdjson::to_string(at("/components/schemas/OrderDraft/required")), "[]");
  EXPECT_EQ(simdjson::to_string(at("/components/schemas/Payment/properties/failure/type")),
            R"(["string","null"])");
  EXPECT_EQ(simdjson::to_string(at("/components/schemas/ProductDraft/required")),
            R"(["name","categoryId","price"])");
  EXPECT_EQ(simdjson::to_string(at("/components/schemas/CacheCopies/properties/redis/oneOf")),
            R"([{"$ref":"#/components/schemas/CacheCopy"},{"type":"null"}])");
}

TEST_F(OpenapiTest, IsOfTheRunningVersion) {
  EXPECT_EQ(document_.at_pointer("/info/version").get_string().value(), SOUK_VERSION);
}

}  // namespace
}  // namespace souk::api
