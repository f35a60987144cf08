// A payment provider. Every call carries a key: a repeated call with the same key returns the
// result of the first and does nothing more. An answer is the charge's current state, which may
// differ from the request: capturing a cancelled charge answers `cancelled`.
//
// Threading: one instance per worker, loop thread only. Ownership: a task borrows the provider and
// the context.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/message_signature.h"
#include "payments/types.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace souk::payments {

// No answer: the call may have taken effect or not. Repeat it with the same key.
class ProviderUnavailable final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Charge {
  std::string reference;
  Status status{};          // never kCreated
  std::string reason = {};  // if it failed
};

// A charge in the provider's own books.
struct Found {
  Charge charge;
  Money amount;
};

struct Authorisation {
  PaymentId payment;
  Money amount;
  std::string method;
};

class Provider {
 public:
  Provider() = default;
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;
  virtual ~Provider() = default;

  // The name in the path of its webhooks; static text.
  virtual std::string_view name() const = 0;
  // Whether a person records payments, perhaps days later: it is then never called.
  virtual bool pays_later() const { return false; }
  // Whether a buyer may use that method.
  virtual bool accepts(std::string_view /*method*/) const { return true; }

  // All must end by the context's deadline, which is for this call alone. Throw
  // ProviderUnavailable.
  virtual runtime::Task<Charge> authorise(runtime::Context& context, Authorisation wanted,
                                          std::string key) = 0;
  virtual runtime::Task<Charge> capture(runtime::Context& context, std::string reference,
                                        std::string key) = 0;
  // Returns all that is left.
  virtual runtime::Task<Charge> refund(runtime::Context& context, std::string reference,
                                       std::string key) = 0;
  // Returns a part of what is left; the charge is refunded when nothing is.
  virtual runtime::Task<Charge> refund_part(runtime::Context& context, std::string reference,
                                            Money amount, std::string key) = 0;
  // Releases the authorised amount.
  virtual runtime::Task<Charge> cancel(runtime::Context& context, std::string reference,
                                       std::string key) = 0;

  // The charge that was authorised with that key; nothing if there is none. Changes nothing.
  virtual runtime::Task<std::optional<Found>> look_up(runtime::Context& context,
                                                      std::string key) = 0;

  // Whether a received message is the provider's, and recent.
  virtual SignatureVerdict verify(std::string_view signature, std::string_view body) const = 0;
};

// A message that the provider sent.
struct ProviderEvent {
  std::string provider;
  std::string id;
  PaymentId payment;
  Charge charge;
  Money amount;
};

}  // namespace souk::payments
