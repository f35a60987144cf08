// An event of an order as a mail message.
// Threading: pure functions. Ownership: results own what they hold.
#pragma once

#include "accounts/types.h"
#include "jobs/event.h"
#include "mail/message.h"
#include "orders/events.h"

namespace souk::confirmation {

// What the buyer is told: of the event's shipment or refund, else that the order was placed.
struct Told {
  const jobs::Event& event;
  const orders::Order& order;
  const orders::EventDetails& details;
};

// The message's id is the event's, so repeated messages are equal.
mail::Message message_of(const Told& told, const accounts::User& buyer);

}  // namespace souk::confirmation
