// The refusals of webhooks.
// Threading: constants.
#pragma once

#include "base/error.h"

namespace souk::webhooks::errors {

inline constexpr ErrorInfo kWebhookDisabled{"webhook_disabled", 409,
                                            "The webhook is disabled: nothing is sent to it."};

}  // namespace souk::webhooks::errors
