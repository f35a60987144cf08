#include "api/audit/types.h"

#include "api/wire/writer.h"

namespace souk::api {

template void write(JsonWriter&, const accounts::audit::Entry&);

}  // namespace souk::api
