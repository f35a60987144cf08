// Writes JSON (RFC 8259) directly into a Buffer, front to back, without a tree.
// It writes the commas; the caller matches braces.
// Threading: one thread. Ownership: borrows the buffer, which outlives it.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/money.h"
#include "base/uuid.h"

namespace souk {

class JsonWriter {
 public:
  explicit JsonWriter(Buffer& out) : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  // `name` must need no escaping.
  void key(std::string_view name) {
    separate();
    char* at = out_.prepare(name.size() + 3);
    *at = '"';
    std::memcpy(at + 1, name.data(), name.size());
    at[name.size() + 1] = '"';
    at[name.size() + 2] = ':';
    out_.commit(name.size() + 3);
    need_comma_ = false;
  }

  // A serialised key with quotes and colon and, unless it is the first of its object, the comma
  // before it; for callers that have it ready.
  void finished_key(std::string_view text) {
    out_.append(text);
    need_comma_ = false;
  }

  // Escapes as RFC 8259 section 7 requires; bytes that are not UTF-8 become U+FFFD.
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool flag) { raw(flag ? "true" : "false"); }
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  void value(T number) {
    separate();
    if constexpr (std::signed_integral<T>) {
      out_.append_integer(number);
    } else {
      out_.append_unsigned(number);
    }
    need_comma_ = true;
  }
  void value(double number);  // shortest round-trip form; not finite: null
  void value(const Uuid& id);
  void value(Timestamp time);  // RFC 3339 in UTC with microseconds
  void null() { raw("null"); }
  // Serialised JSON, copied unchanged.
  void raw(std::string_view json) {
    separate();
    out_.append(json);
    need_comma_ = true;
  }

  template <class T>
  void member(std::string_view name, const T& v) {
    key(name);
    value(v);
  }

 private:
  void separate() {
    if (need_comma_) out_.append(',');
  }
  void open(char brace) {
    separate();
    out_.append(brace);
    need_comma_ = false;
  }
  void close(char brace) {
    out_.append(brace);
    need_comma_ = true;
  }

  Buffer& out_;
  bool need_comma_ = false;
};

}  // namespace souk
