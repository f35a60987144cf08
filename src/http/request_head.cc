#include "http/request_head.h"

#include <charconv>

#include "http/syntax.h"

namespace souk::http {
namespace {

// Of each field, in the size of a list.
constexpr std::size_t kFieldOverhead = 32;

constexpr Refusal kTargetTooLong{414, "the request target is longer than the server allows"};
constexpr Refusal kBadTarget{400, "the request target is malformed"};
constexpr Refusal kBadMethod{400, "the method is not a token"};
constexpr Refusal kBadAuthority{400, "the request has not exactly one well-formed authority"};
constexpr Refusal kConnect{501, "this server does not know the method"};

}  // namespace

bool RequestHead::take_trailer(const ServerConfig& config, std::string_view name,
                               std::string_view value) {
  const bool is_pseudo = name.starts_with(':');
  bytes_ += name.size() + value.size() + kFieldOverhead;
  if (!is_pseudo) ++count_;
  if (bytes_ > kMaxExcess * config.max_header_bytes) return false;
  if (refusal_) return true;
  if (is_pseudo && value.size() > config.max_request_line) {
    refusal_ = kTargetTooLong;
  } else if (bytes_ > config.max_header_bytes) {
    refusal_ = kFieldsTooLarge;
  } else if (count_ > config.max_headers) {
    refusal_ = kTooManyFields;
  }
  return true;
}

bool RequestHead::take(const ServerConfig& config, std::string_view name, std::string_view value) {
  if (!take_trailer(config, name, value)) return false;
  if (!refusal_) fields_.add_checked(name, value);
  return true;
}

Refusal RequestHead::bind(Request& request) {
  request.headers.clear();
  request.body = {};
  request.method_text = request.target = request.authority = {};
  for (const auto [name, value] : fields_) {
    if (!name.starts_with(':')) {
      request.headers.add(name, value);
      read_special(name, value);
    } else if (name == ":method") {
      request.method_text = value;
    } else if (name == ":path") {
      request.target = value;
    } else if (name == ":authority") {
      request.authority = value;
    }
  }
  request.method = parse_method(request.method_text);
  const auto target = request.target;
  const auto mark = target.find('?');
  request.path = target.substr(0, mark);
  request.query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  // They must not differ where a request has both (RFC 9113 section 8.3.1).
  if (request.authority.empty()) request.authority = host_;
  if (refusal_) return refusal_;
  if (!syntax::is_token(request.method_text)) return kBadMethod;
  if (request.method_text == "CONNECT") return kConnect;
  const bool is_asterisk = target == "*" && request.method == Method::kOptions;
  if (!syntax::is_target(target) || (!target.starts_with('/') && !is_asterisk)) return kBadTarget;
  if (request.authority.empty() || !syntax::is_authority(request.authority) ||
      (!host_.empty() && host_ != request.authority)) {
    return kBadAuthority;
  }
  return {};
}

void RequestHead::read_special(std::string_view name, std::string_view value) {
  if (name == "host") {
    if (!host_.empty() && !refusal_) refusal_ = kBadAuthority;
    host_ = value;
  } else if (name == "content-length") {
    std::uint64_t length = 0;
    std::from_chars(value.data(), value.data() + value.size(), length);
    content_length_ = length;
  } else if (name == "expect") {
    expects_continue_ = equals_ignoring_case(value, "100-continue");
    if (!expects_continue_ && !refusal_) refusal_ = kUnknownExpectation;
  }
}

void RequestHead::clear() {
  fields_.clear();
  bytes_ = count_ = 0;
  refusal_ = {};
  content_length_.reset();
  host_ = {};
  expects_continue_ = false;
}

}  // namespace souk::http
