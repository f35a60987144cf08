// A Lua script that Redis runs atomically
// (https://redis.io/docs/manual/programmability/eval-intro). Sent as its digest; if Redis does not
// know it, once as its text. Threading: plain value. Ownership: the text is static.
#pragma once

#include <string>
#include <string_view>

namespace souk::redis {

class Script {
 public:
  explicit Script(std::string_view text);

  std::string_view text() const { return text_; }
  std::string_view digest() const { return digest_; }  // SHA-1, 40 hexadecimal digits

 private:
  std::string_view text_;
  std::string digest_;
};

}  // namespace souk::redis
