// Vendure's Shop API, GraphQL. Lists are those of its default search plug-in, as its storefronts
// use them. Most errors are answered 200, with "errors" or with an error's type instead of the
// member that was asked for.
#include "rivals/driver.h"

namespace souk::rivals {
namespace {

constexpr std::string_view kPost = "POST";
constexpr std::string_view kApi = "/shop-api";
constexpr std::string_view kItems = "/data/search/items";

constexpr Request kList[] = {
    {kPost, kApi, R"({"query":"{search(input:{${page},skip:0}){${fields}}}"})", 200, kItems}};
constexpr Request kCategory[] = {
    {kPost, kApi,
     R"({"query":"query($c:ID!){search(input:{${page},collectionId:$c}){${fields}}}",)"
     R"("variables":{"c":"${category}"}})",
     200, kItems}};
constexpr Request kSorted[] = {
    {kPost, kApi, R"({"query":"{search(input:{${page},sort:{price:ASC}}){${fields}}}"})", 200,
     kItems}};
constexpr Request kSearch[] = {
    {kPost, kApi,
     R"({"query":"query($t:String!){search(input:{${page},term:$t}){${fields}}}",)"
     R"("variables":{"t":"${word}"}})",
     200, kItems}};
constexpr Request kNextPage[] = {
    kList[0],
    {kPost, kApi, R"({"query":"{search(input:{${page},skip:20}){${fields}}}"})", 200, kItems}};
constexpr Request kProduct[] = {
    {kPost, kApi,
     R"({"query":"query($p:ID!){product(id:$p){id name slug description )"
     R"(variants{id sku currencyCode priceWithTax} collections{id}}}",)"
     R"("variables":{"p":"${product}"}})",
     200, "/data/product/id"}};
// Mutations of one document are carried out in their order, in one session.
constexpr Request kOrder[] = {
    {kPost, kApi,
     R"({"query":"mutation($i:ID!,$e:String!,$s:[ID!]!){)"
     R"(addItemToOrder(productVariantId:$i,quantity:1){...on Order{id}} )"
     R"(setCustomerForOrder(input:{firstName:\"A\",lastName:\"Guest\",emailAddress:$e}))"
     R"({...on Order{id}} )"
     R"(setOrderShippingAddress(input:{streetLine1:\"1 Main Street\",city:\"City\",)"
     R"(postalCode:\"12345\",countryCode:\"${country}\"}){...on Order{id}} )"
     R"(setOrderShippingMethod(shippingMethodId:$s){...on Order{id}} )"
     R"(transitionOrderToState(state:\"ArrangingPayment\"){...on Order{id}} )"
     R"(addPaymentToOrder(input:{method:\"${payment}\",metadata:{}}){...on Order{code state}}}",)"
     R"("variables":{"i":"${item}","e":"guest-${unique}@example.com","s":["${shipping}"]}})",
     200, "/data/addPaymentToOrder/code"}};

constexpr std::array<Row, kKinds> kRows = {
    {{Kind::kList, kList},
     {Kind::kCategory, kCategory, "a collection"},
     {Kind::kPriceRange, {}, "the default search does not filter by price"},
     {Kind::kSorted, kSorted},
     {Kind::kSearch, kSearch},
     {Kind::kNextPage, kNextPage, "by offset instead of a cursor"},
     {Kind::kProduct, kProduct},
     {Kind::kOrder, kOrder,
      "a guest's, whose six mutations are one document, so that it is one request; Souk's is not "
      "paid"}}};

constexpr std::array<Constant, 5> kConstants = {
    {{"shipping", "", kPost, kApi, R"({"query":"{activeShippingMethods{id}}"})",
      "/data/activeShippingMethods/0/id"},
     {"payment", "", kPost, kApi, R"({"query":"{activePaymentMethods{code}}"})",
      "/data/activePaymentMethods/0/code"},
     {"country", "", kPost, kApi, R"({"query":"{availableCountries{code}}"})",
      "/data/availableCountries/0/code"},
     {"page", "take:20,groupByProduct:true"},
     {"fields",
      "totalItems items{productId productName slug description sku collectionIds currencyCode "
      "priceWithTax{...on PriceRange{min max} ...on SinglePrice{value}}}"}}};

}  // namespace

const Driver kVendure = {
    .name = "vendure",
    .make = "Vendure",
    .version = "3.7.3",
    .key_header = {},
    .lacks = "/errors",
    .products = {kPost, kApi,
                 R"({"query":"{products(options:{take:100,skip:${offset}}))"
                 R"({items{id name variants{id}}}}"})",
                 "/data/products/items", "/id", "/name", "/variants/0/id"},
    .categories =
        {kPost, kApi,
         R"({"query":"{collections(options:{take:100,skip:${offset}}){items{id name}}}"})",
         "/data/collections/items", "/id", "/name", ""},
    .constants = kConstants,
    .rows = kRows};

}  // namespace souk::rivals
