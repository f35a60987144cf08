// Who moves the money. Every call carries a key: the same call sent again under its key is answered
// with what the first one did, and does nothing more. An answer tells what the charge is by then,
// which need not be what was asked for: capturing what was cancelled answers `cancelled`.
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

// No answer: it may have happened or not. To be asked again under the same key.
class ProviderUnavailable final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Charge {
  std::string reference;
  Status status{};          // never kCreated
  std::string reason = {};  // where it failed
};

// A charge as the provider's own books have it.
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

  // As it stands in the path of its webhooks; static text.
  virtual std::string_view name() const = 0;
  // Whether a person records what is paid, perhaps days later: it is never asked then.
  virtual bool pays_later() const { return false; }
  // Whether a buyer may name that method.
  virtual bool accepts(std::string_view /*method*/) const { return true; }

  // All within the context's deadline, which is theirs alone. Throw ProviderUnavailable.
  virtual runtime::Task<Charge> authorise(runtime::Context& context, Authorisation wanted,
                                          std::string key) = 0;
  virtual runtime::Task<Charge> capture(runtime::Context& context, std::string reference,
                                        std::string key) = 0;
  virtual runtime::Task<Charge> refund(runtime::Context& context, std::string reference,
                                       std::string key) = 0;
  // Lets go what is held.
  virtual runtime::Task<Charge> cancel(runtime::Context& context, std::string reference,
                                       std::string key) = 0;

  // What became of the charge that was authorised under that key; nothing where there is none.
  // Changes nothing.
  virtual runtime::Task<std::optional<Found>> look_up(runtime::Context& context,
                                                      std::string key) = 0;

  // Whether a message that came in is the provider's, and fresh.
  virtual SignatureVerdict verify(std::string_view signature, std::string_view body) const = 0;
};

// What the provider told us by itself.
struct ProviderEvent {
  std::string provider;
  std::string id;
  PaymentId payment;
  Charge charge;
  Money amount;
};

}  // namespace souk::payments
