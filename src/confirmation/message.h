// The order confirmation as a mail message.
// Threading: pure functions. Ownership: results own what they hold.
#pragma once

#include "accounts/types.h"
#include "jobs/event.h"
#include "mail/message.h"
#include "orders/types.h"

namespace souk::confirmation {

// The message's id is the event's, so repeated messages are equal.
mail::Message message_of(const jobs::Event& event, const orders::Order& order,
                         const accounts::User& buyer);

}  // namespace souk::confirmation
