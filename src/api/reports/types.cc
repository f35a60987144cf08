#include "api/reports/types.h"

#include "api/wire/writer.h"

namespace souk::api {

template void write(JsonWriter&, const reports::ExportedOrder&);
template void write(JsonWriter&, const reports::OrderReport&);
template void write(JsonWriter&, const reports::ConversionReport&);
template void write(JsonWriter&, const reports::VisitReport&);

}  // namespace souk::api
