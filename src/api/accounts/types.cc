#include "api/accounts/types.h"

#include "api/wire/reader.h"
#include "api/wire/writer.h"

namespace souk::api {

template Result<accounts::Registration> read_body(JsonInput&, const http::Request&);
template Result<accounts::Credentials> read_body(JsonInput&, const http::Request&);
template Result<accounts::PasswordChange> read_body(JsonInput&, const http::Request&);
template Result<accounts::EmailAddress> read_body(JsonInput&, const http::Request&);
template Result<accounts::AccountDeletion> read_body(JsonInput&, const http::Request&);
template Result<accounts::EmailChange> read_body(JsonInput&, const http::Request&);
template Result<accounts::Confirmation> read_body(JsonInput&, const http::Request&);
template Result<accounts::NewPassword> read_body(JsonInput&, const http::Request&);
template Result<accounts::ProfilePatch> read_body(JsonInput&, const http::Request&);
template Result<accounts::AddressDraft> read_body(JsonInput&, const http::Request&);
template Result<AddressReplacement> read_body(JsonInput&, const http::Request&);

template void write(JsonWriter&, const accounts::User&);
template void write(JsonWriter&, const accounts::UserRecord&);
template void write(JsonWriter&, const accounts::Session&);
template void write(JsonWriter&, const accounts::OwnSession&);
template void write(JsonWriter&, const accounts::Address&);

}  // namespace souk::api
