// SOUK_ASSERT ends the process on our own mistakes, in every build. Input from a peer, a database
// row or a file must never trigger one.
#pragma once

namespace souk::base {

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace souk::base

#define SOUK_ASSERT(expression)  \
  (static_cast<bool>(expression) \
       ? static_cast<void>(0)    \
       : ::souk::base::assertion_failed(#expression, __FILE__, __LINE__))
