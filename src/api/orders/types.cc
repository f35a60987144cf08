#include "api/orders/types.h"

#include "api/wire/reader.h"
#include "api/wire/writer.h"

namespace souk::api {

template Result<checkout::PlaceOrder> read_body(JsonInput&, const http::Request&);
template Result<checkout::Ship> read_body(JsonInput&, const http::Request&);

template void write(JsonWriter&, const orders::Order&);
template void write(JsonWriter&, const orders::FoundOrder&);
template void write(JsonWriter&, const orders::Shipment&);
template void write(JsonWriter&, const orders::Transition&);

}  // namespace souk::api
