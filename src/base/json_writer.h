// Writes JSON (RFC 8259) straight into a Buffer, front to back, without a tree in between.
// Commas are its business; matching braces are the caller's.
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

  // `name` is one of ours and needs no escaping.
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

  // A key as it stands in the text, with quotes and colon and, unless it is its object's first, the
  // comma before it: for whoever has it ready.
  void finished_key(std::string_view text) {
    out_.append(text);
    need_comma_ = false;
  }

  // Escapes as RFC 8259 section 7 asks; bytes that are not UTF-8 become U+FFFD.
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
  void value(double number);  // shortest form that reads back the same; not finite: null
  void value(const Uuid& id);
  void value(Timestamp time);  // RFC 3339 in UTC with microseconds
  void null() { raw("null"); }
  // Finished JSON from elsewhere, taken as it is.
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
