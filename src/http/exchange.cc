#include "http/exchange.h"

namespace souk::http {

void Exchange::cancel() {
  if (std::exchange(cancelled, true)) return;
  if (!body.ended()) body.fail(kCutBody);
  if (request.method == Method::kGet || request.method == Method::kHead) context.cancel();
  body.wake_reader();
}

}  // namespace souk::http
