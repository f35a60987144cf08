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

// Whether a field of the form `*` or a list of tags names `etag`; If-None-Match compares weakly,
// If-Match strongly. A field that is not well-formed names nothing.
bool names_etag_weakly(std::string_view field, std::string_view etag);
bool names_etag_strongly(std::string_view field, std::string_view etag);

// The tags of a list, each with its quotes and its W/; nothing where it is not well-formed.
std::optional<std::vector<std::string_view>> read_etags(std::string_view field);
// A tag without quotes and W/.
std::string_view opaque_tag(std::string_view etag);

// Whether a PUT, PATCH or DELETE of what has no entity tag asks for one, or asks that there be
// nothing.
bool asks_for_an_etag(const Request& request);

// Turns a 200 with an ETag that the client already has into a 304 without body (GET and HEAD).
void apply_conditional(const Request& request, Response& response);

}  // namespace souk::http
