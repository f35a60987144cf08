#include "api/cache/types.h"

#include "api/wire/reader.h"
#include "api/wire/writer.h"

namespace souk::api {

template Result<CacheDrop> read_body(JsonInput&, const http::Request&);

template void write(JsonWriter&, const CacheCopies&);
template void write(JsonWriter&, const CacheDropped&);

}  // namespace souk::api
