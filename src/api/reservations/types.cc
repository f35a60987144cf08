#include "api/reservations/types.h"

#include "api/wire/reader.h"
#include "api/wire/writer.h"

namespace souk::api {

template Result<StockHold> read_body(JsonInput&, const http::Request&);
template Result<StockHoldChange> read_body(JsonInput&, const http::Request&);

template void write(JsonWriter&, const inventory::Reservation&);

}  // namespace souk::api
