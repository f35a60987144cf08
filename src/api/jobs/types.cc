#include "api/jobs/types.h"

#include "api/wire/reader.h"
#include "api/wire/writer.h"

namespace souk::api {

template Result<JobReplay> read_body(JsonInput&, const http::Request&);

template void write(JsonWriter&, const jobs::store::KindState&);
template void write(JsonWriter&, const jobs::store::DeadLetter&);
template void write(JsonWriter&, const JobsReplayed&);

}  // namespace souk::api
