#include "api/payments/types.h"

#include "api/wire/reader.h"
#include "api/wire/writer.h"

namespace souk::api {

template Result<PaymentDraft> read_body(JsonInput&, const http::Request&);
template Result<PaymentReceipt> read_body(JsonInput&, const http::Request&);
template Result<PaymentEvent> read_body(JsonInput&, const http::Request&);
template Result<checkout::RefundPart> read_body(JsonInput&, const http::Request&);

template void write(JsonWriter&, const payments::Payment&);
template void write(JsonWriter&, const payments::Refund&);

}  // namespace souk::api
