#include "api/bodies.h"

#include "accounts/types.h"
#include "api/json_input.h"
#include "catalog/types.h"
#include "checkout/checkout.h"
#include "webhooks/types.h"

namespace souk::api {

// Found through their first argument, hence not in an unnamed namespace.

static void decode(JsonObject& in, Money& money) {
  in.required("amount", money.amount);
  in.required("currency", money.currency);
}

static void decode(JsonObject& in, catalog::ProductDraft& draft) {
  in.required("name", draft.name);
  in.optional("description", draft.description);
  in.required("categoryId", draft.category_id);
  in.required("price", draft.price);
  in.optional("isActive", draft.is_active);
}

static void decode(JsonObject& in, catalog::ProductPatch& patch) {
  in.optional("name", patch.name);
  in.optional("description", patch.description);
  in.optional("categoryId", patch.category_id);
  in.optional("price", patch.price);
  in.optional("isActive", patch.is_active);
}

static void decode(JsonObject& in, StockLevel& level) { in.required("quantity", level.quantity); }

static void decode(JsonObject& in, CacheDrop& drop) {
  in.optional("key", drop.key);
  in.optional("tag", drop.tag);
  in.optional("pattern", drop.pattern);
}

static void decode(JsonObject& in, JobReplay& replay) { in.optional("kind", replay.kind); }

static void decode(JsonObject& in, accounts::Registration& registration) {
  in.required("email", registration.email);
  in.required("password", registration.password);
  in.required("name", registration.name);
}

static void decode(JsonObject& in, accounts::Credentials& credentials) {
  in.required("email", credentials.email);
  in.required("password", credentials.password);
}

static void decode(JsonObject& in, accounts::ProfilePatch& patch) {
  in.optional("name", patch.name);
}

static void decode(JsonObject& in, accounts::AddressDraft& draft) {
  in.optional("label", draft.label);
  in.required("recipient", draft.recipient);
  in.required("line1", draft.line1);
  in.optional("line2", draft.line2);
  in.required("city", draft.city);
  in.required("postalCode", draft.postal_code);
  in.required("country", draft.country);
  in.optional("isDefault", draft.is_default);
}

static void decode(JsonObject& in, inventory::Line& line) {
  in.required("productId", line.product_id);
  in.required("quantity", line.quantity);
}

static void decode(JsonObject& in, checkout::PlaceOrder& order) {
  in.optional("items", order.lines);
  in.nullable("reservationId", order.reservation);
  in.nullable("addressId", order.address);
}

static void decode(JsonObject& in, StockHold& hold) {
  in.required("items", hold.lines);
  in.optional("seconds", hold.seconds);
}

static void decode(JsonObject& in, PaymentDraft& draft) {
  in.required("method", draft.method);
  in.optional("provider", draft.provider);
}

static void decode(JsonObject& in, PaymentReceipt& receipt) {
  in.required("amount", receipt.amount);
  in.required("reference", receipt.reference);
}

static void decode(JsonObject& in, PaymentEvent& event) {
  in.required("id", event.id);
  in.required("type", event.type);
  in.required("paymentId", event.payment);
  in.required("reference", event.reference);
  in.required("amount", event.amount);
  in.optional("reason", event.reason);
}

static void decode(JsonObject& in, webhooks::EndpointDraft& draft) {
  in.required("url", draft.url);
  in.required("events", draft.kinds);
}

template <class T>
Result<T> read_body(JsonInput& input, const http::Request& request) {
  return input.read<T>(request);
}

template Result<catalog::ProductDraft> read_body(JsonInput&, const http::Request&);
template Result<catalog::ProductPatch> read_body(JsonInput&, const http::Request&);
template Result<StockLevel> read_body(JsonInput&, const http::Request&);
template Result<CacheDrop> read_body(JsonInput&, const http::Request&);
template Result<JobReplay> read_body(JsonInput&, const http::Request&);
template Result<accounts::Registration> read_body(JsonInput&, const http::Request&);
template Result<accounts::Credentials> read_body(JsonInput&, const http::Request&);
template Result<accounts::ProfilePatch> read_body(JsonInput&, const http::Request&);
template Result<accounts::AddressDraft> read_body(JsonInput&, const http::Request&);
template Result<StockHold> read_body(JsonInput&, const http::Request&);
template Result<checkout::PlaceOrder> read_body(JsonInput&, const http::Request&);
template Result<PaymentDraft> read_body(JsonInput&, const http::Request&);
template Result<PaymentReceipt> read_body(JsonInput&, const http::Request&);
template Result<PaymentEvent> read_body(JsonInput&, const http::Request&);
template Result<webhooks::EndpointDraft> read_body(JsonInput&, const http::Request&);

}  // namespace souk::api
