// How a receiver knows that an event is ours, whole, and recent.
// Threading: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace souk::webhooks {

// "whsec_" and 256 random bits as base64url.
std::string make_secret();

// The value of Souk-Signature: "t=SECONDS,v1=HEX", HEX being HMAC-SHA256 over "SECONDS.BODY" with
// the bytes of the secret as they were shown.
std::string sign(std::string_view secret, Timestamp when, std::string_view body);

}  // namespace souk::webhooks
