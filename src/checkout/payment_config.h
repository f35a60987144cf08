// When payments and refunds that are not settled are taken up again.
// Threading: plain values.
#pragma once

#include <chrono>

namespace souk::checkout {

struct PaymentConfig {
  std::chrono::milliseconds provider_timeout{10'000};
  // An unsettled payment is picked up by resume() after this time; longer than provider_timeout.
  std::chrono::milliseconds retry_after{30'000};
  std::chrono::milliseconds max_retry_pause{3'600'000};
};

}  // namespace souk::checkout
