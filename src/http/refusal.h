// Why a request is refused before a handler sees it: the status of the answer and a sentence for
// it.
// Threading: plain values, static text.
#pragma once

#include <string_view>

#include "base/error.h"

namespace souk::http {

struct Refusal {
  int status = 0;  // 0: it is not
  std::string_view detail = {};
  explicit operator bool() const { return status != 0; }
};

inline constexpr Refusal kBodyTooLarge{413, "the body is larger than the server allows"};
inline constexpr Refusal kFieldsTooLarge{431,
                                         "the header fields are larger than the server allows"};
inline constexpr Refusal kTooManyFields{431, "there are more header fields than the server allows"};
inline constexpr Refusal kUnknownExpectation{
    417, "the only expectation this server knows is 100-continue"};

// The stable code of a problem document for such a status.
ErrorCode code_of_refusal(int status);

}  // namespace souk::http
