#include "api/webhooks/types.h"

#include "api/wire/reader.h"
#include "api/wire/writer.h"

namespace souk::api {

template Result<webhooks::EndpointDraft> read_body(JsonInput&, const http::Request&);

template void write(JsonWriter&, const webhooks::Endpoint&);
template void write(JsonWriter&, const NewWebhook&);
template void write(JsonWriter&, const WebhookTest&);
template void write(JsonWriter&, const webhooks::Delivery&);
template void write(JsonWriter&, const ReplacedSecret&);

}  // namespace souk::api
