#include "api/catalog/types.h"

#include "api/wire/reader.h"
#include "api/wire/writer.h"

namespace souk::api {

template Result<catalog::ProductDraft> read_body(JsonInput&, const http::Request&);
template Result<ProductReplacement> read_body(JsonInput&, const http::Request&);
template Result<catalog::ProductPatch> read_body(JsonInput&, const http::Request&);
template Result<catalog::CategoryDraft> read_body(JsonInput&, const http::Request&);
template Result<catalog::CategoryPatch> read_body(JsonInput&, const http::Request&);
template Result<StockLevel> read_body(JsonInput&, const http::Request&);

template void write(JsonWriter&, const catalog::Product&);
template void write(JsonWriter&, const catalog::Category&);
template void write(JsonWriter&, const inventory::Stock&);

}  // namespace souk::api
