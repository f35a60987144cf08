#include "api/bulk/types.h"

#include "api/wire/reader.h"
#include "api/wire/writer.h"

namespace souk::api {

template Result<BulkChanges> read_body(JsonInput&, const http::Request&);
template Result<ProductLine> JsonInput::read_text(std::string_view);

template void write(JsonWriter&, const ProductLine&);
template void write(JsonWriter&, const ImportReport&);
template void write(JsonWriter&, const BulkResult&);

}  // namespace souk::api
