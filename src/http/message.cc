#include "http/message.h"

#include <algorithm>

#include "base/assert.h"

namespace souk::http {
namespace {

constexpr std::array<std::string_view, kMethods> kMethodNames = {
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"};

struct Reason {
  int status;
  std::string_view phrase;
};

constexpr auto kReasons = std::to_array<Reason>({
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
});

}  // namespace

Method parse_method(std::string_view text) {
  for (std::size_t i = 0; i + 1 < kMethods; ++i) {
    if (text == kMethodNames[i]) return static_cast<Method>(i);
  }
  return Method::kOther;
}

std::string_view method_name(Method method) {
  return kMethodNames[static_cast<std::size_t>(method)];
}

std::string_view PathParameters::operator[](std::string_view name) const {
  for (std::size_t i = 0; i < size_; ++i) {
    if (parameters_[i].name == name) return parameters_[i].value;
  }
  SOUK_ASSERT(!"the route has a parameter of that name");
  return {};
}

Response json(int status, Buffer body) {
  return {.status = status, .content_type = kJsonType, .body = Body(std::move(body))};
}

Response json(int status, Body::Shared body) {
  return {.status = status, .content_type = kJsonType, .body = Body(std::move(body))};
}

Response text(int status, std::string body) {
  return {
      .status = status, .content_type = "text/plain; charset=utf-8", .body = Body(std::move(body))};
}

Response stream(int status, std::string_view content_type, std::unique_ptr<BodyStream> body) {
  return {.status = status, .content_type = content_type, .body = Body(std::move(body))};
}

Response no_content() { return {.status = 204}; }

std::string_view reason_phrase(int status) {
  const auto found = std::ranges::lower_bound(kReasons, status, {}, &Reason::status);
  return found != kReasons.end() && found->status == status ? found->phrase : std::string_view();
}

}  // namespace souk::http
