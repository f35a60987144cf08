#include "api/stock/types.h"

#include "api/wire/reader.h"
#include "api/wire/writer.h"

namespace souk::api {

template Result<AdjustmentRequest> read_body(JsonInput&, const http::Request&);

template void write(JsonWriter&, const inventory::Adjustment&);
template void write(JsonWriter&, const inventory::ListedMovement&);
template void write(JsonWriter&, const inventory::LowStock&);

}  // namespace souk::api
