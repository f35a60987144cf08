#include "http/problem.h"

namespace souk::http {
namespace {

constexpr std::string_view kTypePrefix = "urn:souk:problem:";
constexpr std::size_t kUsualSize = 256;

void write_field_errors(JsonWriter& json, const std::vector<FieldError>& fields) {
  json.key("errors");
  json.begin_array();
  for (const auto& field : fields) {
    json.begin_object();
    json.member("pointer", field.pointer);
    json.member("reason", field.reason);
    json.end_object();
  }
  json.end_array();
}

Response problem_with(int status, const Error& error,
                      const std::function<void(JsonWriter&)>& extend) {
  Buffer out(kUsualSize);
  JsonWriter json(out);
  const auto code = error.code.name();
  json.begin_object();
  json.member("type", std::string(kTypePrefix).append(code));
  json.member("title", reason_phrase(status));
  json.member("status", status);
  json.member("detail", error.detail);
  json.member("code", code);
  if (!error.fields.empty()) write_field_errors(json, error.fields);
  if (extend) extend(json);
  json.end_object();
  return {.status = status, .content_type = kProblemType, .body = Body(std::move(out))};
}

}  // namespace

Response problem(const Error& error) { return problem(error, nullptr); }

Response problem(ErrorCode code, std::string_view detail) {
  return problem(code.status(), code, detail);
}

Response problem(const Error& error, const std::function<void(JsonWriter&)>& extend) {
  return problem_with(error.code.status(), error, extend);
}

Response problem(int status, ErrorCode code, std::string_view detail) {
  return problem_with(status, {.code = code, .detail = std::string(detail)}, nullptr);
}

}  // namespace souk::http
