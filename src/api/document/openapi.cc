#include "api/document/openapi.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "api/document/schema_writer.h"
#include "api/operation/audited.h"
#include "api/operation/errors.h"
#include "api/wire/problem.h"
#include "base/json_writer.h"
#include "http/problem.h"
#include "orders/types.h"

namespace souk::api {
namespace {

constexpr std::string_view kDescription =
    "The back end of a shop. Bodies are JSON in UTF-8; unknown members are refused. An operation "
    "without a request body refuses a body (400), except an empty object. Query parameters that an "
    "operation does not list are refused (422), and so are repeated ones (400); `errors` names "
    "them. `x-statement-budget` is the maximum number of SQL statements of an operation, including "
    "authentication; for a streamed answer, those before its first byte, and "
    "`x-streamed-statements` is the number of the others. `x-priority` is the order in which "
    "requests are answered under overload.";

struct TagInfo {
  Tag tag;
  std::string_view name;
  std::string_view description;
};

// In the order of the enumeration.
constexpr std::array kTags = {
    TagInfo{Tag::kProducts, "products", "Products, their stock, and categories."},
    TagInfo{Tag::kUsers, "users", "Accounts and addresses."},
    TagInfo{Tag::kSessions, "sessions", "Signing in and out."},
    TagInfo{Tag::kOrders, "orders", "Orders, and reservations of stock."},
    TagInfo{Tag::kPayments, "payments", "Paying for orders."},
    TagInfo{Tag::kWebhooks, "webhooks", "Sending events to registered URLs."},
    TagInfo{Tag::kCache, "cache", "For operators: entries of the cache, and dropping them."},
    TagInfo{Tag::kJobs, "jobs",
            "For operators: background jobs, and those that have failed for good."},
    TagInfo{Tag::kMeta, "meta", "This document."},
};

// Parameters and refusals derived from the rest of a declaration.

constexpr Parameter kIfNoneMatch{
    .name = "If-None-Match",
    .in = Parameter::In::kHeader,
    .facets = {.meaning = "An ETag: the answer is 304 if it is the current one.",
               .presence = Presence::kOptional}};
constexpr Parameter kIfNoneMatchOfChange{
    .name = "If-None-Match",
    .in = Parameter::In::kHeader,
    .facets = {.meaning = "ETags: the change is made only if the current version's tag is not "
                          "among them, else 412. `*`: always 412.",
               .presence = Presence::kOptional}};
constexpr Parameter kIfMatch{
    .name = "If-Match",
    .in = Parameter::In::kHeader,
    .facets = {.meaning = "ETags or `*`: the change is made only if the current version's strong "
                          "tag is among them, else 412.",
               .presence = Presence::kOptional}};
constexpr Parameter kIdempotencyKey{
    .name = "Idempotency-Key",
    .in = Parameter::In::kHeader,
    .facets = {.meaning = "Any text that the client chooses anew for every request; repeating key "
                          "and body returns the first outcome.",
               .presence = Presence::kOptional,
               .min_length = 1,
               .max_length = kMaxIdempotencyKeyLength}};

struct CommonRefusal {
  int status;
  std::string_view text;
  bool (*applies)(const Operation&);
};

bool always(const Operation&) { return true; }
bool is_private(const Operation& operation) { return operation.access != kPublic; }
bool is_for_admins(const Operation& operation) { return operation.access == kAdmin; }
bool names_something(const Operation& operation) { return operation.path.contains('{'); }
bool takes_body(const Operation& operation) { return operation.takes.component != nullptr; }
bool changes(const Operation& operation) { return operation.method != http::Method::kGet; }
bool may_be_conditional(const Operation& operation) {
  return operation.method == http::Method::kPut || operation.method == http::Method::kPatch ||
         operation.method == http::Method::kDelete;
}

constexpr std::array kCommonRefusals = {
    CommonRefusal{400,
                  "invalid_request: not JSON, a body where none is accepted, or a parameter or "
                  "header field that cannot be parsed.",
                  always},
    CommonRefusal{401, "unauthenticated: no valid token.", is_private},
    CommonRefusal{403, "forbidden: only an administrator may do this.", is_for_admins},
    CommonRefusal{404, "not_found: it does not exist, or is not the caller's.", names_something},
    CommonRefusal{
        412,
        "precondition_failed: If-Match or If-None-Match requires another version. A resource "
        "without an ETag never meets a list of tags in If-Match or `If-None-Match: *`.",
        may_be_conditional},
    CommonRefusal{413, "request_too_large: the body is larger than this route's limit.", always},
    CommonRefusal{
        415,
        "unsupported_media_type: the body must be of a media type that is taken, plain or "
        "in one of the codings gzip, br and zstd.",
        takes_body},
    CommonRefusal{422,
                  "validation_failed, or one of the unknown_* codes: the input was parsed and is "
                  "invalid; `errors` says where.",
                  always},
    CommonRefusal{503,
                  "overloaded, unavailable, read_only, deadline_exceeded: nothing was changed; try "
                  "again later.",
                  always},
    CommonRefusal{504,
                  "outcome_unknown: the connection to the database was lost during the change, "
                  "which may or may not have been made.",
                  changes},
};

std::string_view who(http::Access access) {
  if (access == kAdmin) return "For administrators.";
  return access == kUser ? "For signed-in users." : "For everyone.";
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

constexpr std::string_view kSending =
    "Sent to the webhooks that subscribed to it, and signed: see addWebhook.";
constexpr std::string_view kReceiversAnswers =
    R"({"2XX":{"description":"It was received."},)"
    R"("410":{"description":"The webhook is to be disabled."},)"
    R"("default":{"description":"It is sent again later."}})";

// order.partially_shipped: orderPartiallyShipped
std::string operation_id(std::string_view type) {
  std::string id;
  bool is_first = false;
  for (const char c : type) {
    const bool separates = c == '.' || c == '_';
    if (!separates) id += is_first ? static_cast<char>(c - 'a' + 'A') : c;
    is_first = separates;
  }
  return id;
}

class DocumentWriter {
 public:
  explicit DocumentWriter(Buffer& out) : json_(out), schemas_(json_) {}

  void write(std::span<const Operation* const> operations, std::span<const Event> events);

 private:
  void write_info();
  void write_paths(std::span<const Operation* const> operations);
  void write_webhooks(std::span<const Event> events);
  void write_components();
  void write_server(std::string_view url, std::string_view description);
  void write_operation(const Operation& operation);
  void write_parameters(const Operation& operation);
  void write_parameter(const Parameter& parameter);
  void write_body(const Body& body);
  void write_responses(const Operation& operation);
  void write_reply(const Operation& operation, const Reply& reply);
  void write_reply_fields(const Operation& operation, const Reply& reply);
  void write_content(const Reply& reply);
  void write_refusals(const Operation& operation);
  void write_refusal(int status, std::string_view description);
  void write_field(std::string_view name, std::string_view description,
                   std::string_view type = "string");
  void write_problem();

  JsonWriter json_;
  SchemaWriter schemas_;
};

void DocumentWriter::write(std::span<const Operation* const> operations,
                           std::span<const Event> events) {
  json_.begin_object();
  json_.member("openapi", "3.1.0");
  write_info();
  write_paths(operations);
  write_webhooks(events);
  write_components();
  json_.end_object();
}

void DocumentWriter::write_info() {
  json_.key("info");
  json_.begin_object();
  json_.member("title", "Souk");
  json_.member("version", SOUK_VERSION);
  json_.member("description", kDescription);
  json_.key("contact");
  json_.raw(R"({"name":"Whoever runs this shop"})");
  json_.key("license");
  json_.raw(R"({"name":"Apache-2.0","identifier":"Apache-2.0"})");
  json_.end_object();
  json_.key("servers");
  json_.begin_array();
  write_server("/", "The shop from which this document was read.");
  json_.end_array();
  json_.key("tags");
  json_.begin_array();
  for (const auto& tag : kTags) {
    json_.begin_object();
    json_.member("name", tag.name);
    json_.member("description", tag.description);
    json_.end_object();
  }
  json_.end_array();
}

void DocumentWriter::write_server(std::string_view url, std::string_view description) {
  json_.begin_object();
  json_.member("url", url);
  json_.member("description", description);
  json_.end_object();
}

void DocumentWriter::write_paths(std::span<const Operation* const> operations) {
  json_.key("paths");
  json_.begin_object();
  std::string_view path;
  for (const auto* operation : operations) {
    if (operation->path != path) {
      if (!path.empty()) json_.end_object();
      path = operation->path;
      json_.key(path);
      json_.begin_object();
    }
    json_.key(lower(http::method_name(operation->method)));
    write_operation(*operation);
  }
  if (!path.empty()) json_.end_object();
  json_.end_object();
}

void DocumentWriter::write_operation(const Operation& operation) {
  json_.begin_object();
  json_.key("tags");
  json_.begin_array();
  json_.value(kTags[static_cast<std::size_t>(operation.tag)].name);
  json_.end_array();
  json_.member("operationId", operation.name);
  json_.member("summary", operation.summary);
  json_.member("description",
               fmt::format("{}{}{}", operation.description,
                           operation.description.empty() ? "" : " ", who(operation.access)));
  json_.member("x-statement-budget", statement_budget(operation));
  if (!operation.streamed_statements.empty()) {
    json_.member("x-streamed-statements", operation.streamed_statements);
  }
  json_.member("x-priority", name_of(http::kPriorityNames, operation.priority));
  if (is_for_admins(operation)) json_.member("x-admin-only", true);
  json_.key("security");
  json_.raw(is_private(operation) ? R"([{"bearer":[]}])" : "[]");
  if (operation.served_on == http::ServedOn::kOperator) {
    json_.key("servers");
    json_.begin_array();
    write_server(
        "http://127.0.0.1:18080",
        "The operator's address, 10000 ports above the shop's where `operator.address` and "
        "`operator.port` do not move it.");
    json_.end_array();
  }
  write_parameters(operation);
  if (takes_body(operation)) write_body(operation.takes);
  write_responses(operation);
  json_.end_object();
}

void DocumentWriter::write_parameters(const Operation& operation) {
  json_.key("parameters");
  json_.begin_array();
  const auto& declared = operation.parameters;
  // Path parameters without a declaration are ids.
  for (auto rest = operation.path; rest.contains('{');) {
    rest.remove_prefix(rest.find('{') + 1);
    const auto name = rest.substr(0, rest.find('}'));
    if (std::ranges::find(declared, name, &Parameter::name) == declared.end()) {
      write_parameter(
          {.name = name,
           .in = Parameter::In::kPath,
           .facets = {.meaning = "A UUID; the answer to any other text is 404.", .min_length = 1}});
    }
  }
  for (const auto* parameter : declared) write_parameter(*parameter);
  if (operation.query != nullptr) {
    for (const auto& member : operation.query->members) {
      write_parameter({.name = member.name,
                       .in = Parameter::In::kQuery,
                       .kind = member.type->kind,
                       .facets = *member.facets});
    }
  }
  if (operation.has_etag && changes(operation)) {
    write_parameter(kIfMatch);
    write_parameter(kIfNoneMatchOfChange);
  } else if (operation.has_etag) {
    write_parameter(kIfNoneMatch);
  }
  if (operation.is_idempotent) write_parameter(kIdempotencyKey);
  json_.end_array();
}

void DocumentWriter::write_parameter(const Parameter& parameter) {
  static constexpr std::array<std::string_view, 3> kPlaces = {"query", "path", "header"};
  json_.begin_object();
  json_.member("name", parameter.name);
  json_.member("in", name_of(kPlaces, parameter.in));
  if (parameter.facets.presence == Presence::kAlways) json_.member("required", true);
  json_.member("description", parameter.facets.meaning);
  json_.key("schema");
  auto facets = parameter.facets;
  facets.meaning = {};
  schemas_.write_type({.kind = parameter.kind}, facets);
  json_.end_object();
}

void DocumentWriter::write_body(const Body& body) {
  json_.key("requestBody");
  json_.begin_object();
  json_.member("required", true);
  json_.key("content");
  json_.begin_object();
  if (body.types.empty()) {
    json_.key(http::kJsonType);
    json_.begin_object();
    json_.key("schema");
    schemas_.refer(*body.component);
    json_.end_object();
  }
  for (const auto type : body.types) {
    json_.key(type);
    json_.raw(R"({"schema":{"type":"string"}})");
  }
  json_.end_object();
  json_.end_object();
}

void DocumentWriter::write_responses(const Operation& operation) {
  json_.key("responses");
  json_.begin_object();
  for (const auto& reply : operation.answers) write_reply(operation, reply);
  if (operation.has_etag && !changes(operation)) {
    json_.key("304");
    json_.raw(R"({"description":"If-None-Match names the current version."})");
  }
  write_refusals(operation);
  json_.end_object();
}

void DocumentWriter::write_reply(const Operation& operation, const Reply& reply) {
  json_.key(fmt::format_int(reply.status).c_str());
  json_.begin_object();
  json_.member("description", reply.meaning);
  write_reply_fields(operation, reply);
  if (reply.shape != Reply::Shape::kNothing) write_content(reply);
  json_.end_object();
}

void DocumentWriter::write_reply_fields(const Operation& operation, const Reply& reply) {
  const auto& fields = reply.fields;
  if (!fields.location && !fields.content_location && !fields.etag && !operation.is_idempotent) {
    return;
  }
  json_.key("headers");
  json_.begin_object();
  if (fields.location) write_field("Location", "The URL of the new resource.");
  if (fields.content_location) write_field("Content-Location", "Its current URL.");
  if (fields.etag) write_field("ETag", "Of this version, for If-Match and If-None-Match.");
  if (operation.is_idempotent) {
    write_field("Idempotency-Replayed",
                "`true` if this is the outcome of an earlier request with the same key.");
  }
  json_.end_object();
}

void DocumentWriter::write_field(std::string_view name, std::string_view description,
                                 std::string_view type) {
  json_.key(name);
  json_.begin_object();
  json_.member("description", description);
  json_.key("schema");
  json_.begin_object();
  json_.member("type", type);
  json_.end_object();
  json_.end_object();
}

void DocumentWriter::write_content(const Reply& reply) {
  using enum Reply::Shape;
  json_.key("content");
  json_.begin_object();
  json_.key(http::kJsonType);
  json_.begin_object();
  json_.key("schema");
  if (reply.shape == kAnyObject) {
    json_.raw(R"({"type":"object"})");
  } else if (reply.shape == kPage) {
    schemas_.refer_to_page(*reply.component, reply.is_whole);
  } else if (reply.shape == kArray) {
    schemas_.write_array(*reply.component);
  } else {
    schemas_.refer(*reply.component);
  }
  json_.end_object();
  for (const auto type : reply.also_as) {
    json_.key(type);
    json_.raw(R"({"schema":{"type":"string"}})");
  }
  json_.end_object();
}

void DocumentWriter::write_refusals(const Operation& operation) {
  std::map<int, std::string> by_status;
  for (const auto& common : kCommonRefusals) {
    if (common.applies(operation)) by_status[common.status] = common.text;
  }
  for (const auto& refusal : operation.refusals) {
    auto& text = by_status[refusal.code.status()];
    text += fmt::format("{}{}: {}", text.empty() ? "" : " ", refusal.code.name(), refusal.when);
  }
  for (const auto& [status, text] : by_status) write_refusal(status, text);
  json_.key("default");
  json_.begin_object();
  json_.member("description", "Any other error.");
  write_problem();
  json_.end_object();
}

void DocumentWriter::write_refusal(int status, std::string_view description) {
  json_.key(fmt::format_int(status).c_str());
  json_.begin_object();
  json_.member("description", description);
  if (status == 401 || status == 429 || status == 503) {
    json_.key("headers");
    json_.begin_object();
    if (status == 401) {
      write_field("WWW-Authenticate", "`Bearer`");
    } else {
      write_field("Retry-After", "Seconds.", "integer");
    }
    json_.end_object();
  }
  write_problem();
  json_.end_object();
}

void DocumentWriter::write_problem() {
  json_.key("content");
  json_.begin_object();
  json_.key(http::kProblemType);
  json_.raw(R"({"schema":{"$ref":"#/components/schemas/Problem"}})");
  json_.end_object();
}

void DocumentWriter::write_webhooks(std::span<const Event> events) {
  json_.key("webhooks");
  json_.begin_object();
  for (const auto& event : events) {
    json_.key(event.type);
    json_.begin_object();
    json_.key("post");
    json_.begin_object();
    json_.key("tags");
    json_.raw(R"(["webhooks"])");
    json_.member("operationId", operation_id(event.type));
    json_.member("summary", event.summary);
    json_.member("description", kSending);
    json_.key("security");
    json_.raw("[]");
    write_body({.component = event.component});
    json_.key("responses");
    json_.raw(kReceiversAnswers);
    json_.end_object();
    json_.end_object();
  }
  json_.end_object();
}

void DocumentWriter::write_components() {
  json_.key("components");
  json_.begin_object();
  json_.key("securitySchemes");
  json_.raw(
      R"({"bearer":{"type":"http","scheme":"bearer","description":"A session's token: see signIn."}})");
  json_.key("schemas");
  json_.begin_object();
  schemas_.refer_later(kComponent<Problem>);
  schemas_.write_components();
  json_.end_object();
  json_.end_object();
}

}  // namespace

std::string openapi_document(std::span<const Operation* const> operations,
                             std::span<const Event> events) {
  constexpr std::size_t kUsualSize = 128 * 1024;
  Buffer out(kUsualSize);
  DocumentWriter(out).write(operations, events);
  return std::string(out.view());
}

}  // namespace souk::api
