// Entity tags and conditional requests (RFC 9110 sections 8.8.3 and 13).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace souk::http {

// A strong tag from a row's version, e.g. "42" with its quotes.
std::string make_etag(std::uint64_t version);
// A strong tag from the bytes themselves.
std::string make_etag(std::string_view content);

// The tags of a list, each with its quotes and W/ prefix; nothing when it is malformed.
std::optional<std::vector<std::string_view>> read_etags(std::string_view field);
// A tag without its quotes and W/ prefix.
std::string_view opaque_tag(std::string_view etag);

// Whether a PUT, PATCH or DELETE is conditional (If-Match or If-None-Match), for resources without
// an entity tag.
bool asks_for_an_etag(const Request& request);

// The member of If-None-Match by which the client has this content, in whatever coding: "42-br" is
// the content of "42", and so is W/"42". Empty: none. A view into the request, or `etag` for "*".
std::string_view held_etag(const Request& request, std::string_view etag);

// For GET and HEAD, turns a 200 into a 304 without body when the client has the content already.
void apply_conditional(const Request& request, Response& response);

}  // namespace souk::http
