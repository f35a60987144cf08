#include "api/vitals/types.h"

#include "api/wire/reader.h"

namespace souk::api {

template Result<vitals::Report> read_body(JsonInput&, const http::Request&);

}  // namespace souk::api
