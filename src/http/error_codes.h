// What HTTP itself refuses.
// Threading: constants.
#pragma once

#include "base/error.h"

namespace souk::http::errors {

inline constexpr ErrorInfo kMethodNotAllowed{
    "method_not_allowed", 405,
    "The path exists, but not with this method; `Allow` lists its methods."};
inline constexpr ErrorInfo kNotAcceptable{
    "not_acceptable", 406, "The route has none of the media types that `Accept` names."};
inline constexpr ErrorInfo kUnsupportedMediaType{
    "unsupported_media_type", 415,
    "The body's Content-Type or Content-Encoding is not one the route reads."};
inline constexpr ErrorInfo kRequestTooLarge{
    "request_too_large", 413, "The request line, the header block or the body exceeds its limit."};
inline constexpr ErrorInfo kRequestTimeout{"request_timeout", 408,
                                           "The request did not arrive completely in time."};

}  // namespace souk::http::errors
