// Header fields as names and values, whatever protocol version carries them.
//
// Threading: belong to one worker; PreparedHeaders are immutable and may be shared by all.
// Ownership: Headers are views into the received bytes; HeaderList and PreparedHeaders own theirs.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"

namespace souk::http {

// ASCII letters compare without case (RFC 9110 section 5.1).
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool equals_ignoring_case(std::string_view a, std::string_view b);

struct HeaderField {
  std::string_view name;
  std::string_view value;  // without surrounding white space
};

// The header fields of a request, in the order received.
class Headers {
 public:
  // The first field of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  std::size_t count(std::string_view name) const;

  void add(std::string_view name, std::string_view value) { fields_.push_back({name, value}); }
  void clear() { fields_.clear(); }
  std::size_t size() const { return fields_.size(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<HeaderField> fields_;
};

// Header fields to be sent, except those that the protocol version writes (framing, connection) and
// those that the server adds to every response (Date, ETag, Content-Type, X-Request-Id). One block
// of memory: each field is two lengths, the name and the value.
class HeaderList {
 public:
  class Iterator {
   public:
    explicit Iterator(const char* at) : at_(at) {}
    HeaderField operator*() const {
      const auto lengths = read();
      const char* const name = at_ + sizeof(Lengths);
      return {{name, lengths.name}, {name + lengths.name, lengths.value}};
    }
    Iterator& operator++() {
      const auto lengths = read();
      at_ += sizeof(Lengths) + lengths.name + lengths.value;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    friend class HeaderList;
    struct Lengths {
      std::uint32_t name;
      std::uint32_t value;
    };
    Lengths read() const {
      Lengths lengths;
      std::memcpy(&lengths, at_, sizeof(lengths));
      return lengths;
    }
    const char* at_;
  };

  // Control characters in the value become spaces, so that no value can forge a field.
  void add(std::string_view name, std::string_view value);
  // Without the search. REQUIRES: the value has none.
  void add_checked(std::string_view name, std::string_view value) { append(name, value); }
  // The first field of that name; valid until the next add().
  std::optional<std::string_view> find(std::string_view name) const;

  void clear() { fields_.clear(); }
  bool empty() const { return fields_.empty(); }
  Iterator begin() const { return Iterator(fields_.data()); }
  Iterator end() const { return Iterator(fields_.data() + fields_.size()); }
  // At least the size of all names and values plus eight bytes for each field.
  std::size_t size_bytes() const { return fields_.size(); }

 private:
  // Returns where the value lies.
  char* append(std::string_view name, std::string_view value);

  Buffer fields_;
};

// Fields that are sent often, serialised once per protocol version at construction.
class PreparedHeaders {
 public:
  PreparedHeaders() = default;
  PreparedHeaders(std::initializer_list<HeaderField> fields)
      : PreparedHeaders(std::span(fields.begin(), fields.size())) {}
  explicit PreparedHeaders(std::span<const HeaderField> fields);

  const HeaderList& fields() const { return fields_; }
  // With names in lower case, as HTTP/2 and HTTP/3 send them.
  const HeaderList& lower_fields() const { return lower_fields_; }
  // As HTTP/1.1 (RFC 9112 section 5): "Name: value" and CRLF for each field.
  std::string_view h1_lines() const { return h1_lines_; }

 private:
  HeaderList fields_;
  HeaderList lower_fields_;
  std::string h1_lines_;
};

}  // namespace souk::http
