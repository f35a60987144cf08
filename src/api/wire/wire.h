// Reads requests' bodies and writes responses' bodies. T is described, and the types.cc of its
// resource instantiates its reader or writer.
// Threading: pure functions, except the reader, which belongs to one worker.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json_writer.h"
#include "http/message.h"

namespace souk::api {

class JsonInput;

// The body as a T. Errors: see JsonInput::read. Values are validated by the domain.
template <class T>
Result<T> read_body(JsonInput& input, const http::Request& request);

template <class T>
void write(JsonWriter& json, const T& value);

inline constexpr std::size_t kUsualBytes = 512;  // of one item

template <class T>
Buffer body_of(const T& value) {
  Buffer out(kUsualBytes);
  JsonWriter json(out);
  write(json, value);
  return out;
}

// A page of a list; without `next_cursor` the last one. `bounded`: stopped at a limit.
template <class T>
Buffer page_of(const std::vector<T>& items, const std::optional<std::string>& next_cursor = {},
               bool bounded = false) {
  Buffer out(kUsualBytes * (items.size() + 1));
  JsonWriter json(out);
  json.begin_object();
  json.key("items");
  json.begin_array();
  for (const auto& item : items) write(json, item);
  json.end_array();
  json.key("nextCursor");
  next_cursor ? json.value(*next_cursor) : json.null();
  if (bounded) json.member("bounded", true);
  json.end_object();
  return out;
}

}  // namespace souk::api
