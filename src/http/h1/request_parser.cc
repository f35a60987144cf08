#include "http/h1/request_parser.h"

#include <algorithm>
#include <cstring>

#include "http/syntax.h"

namespace souk::http::h1 {
namespace {

constexpr Refusal kLineTooLong{414, "the request line is longer than the server allows"};
constexpr Refusal kForbiddenByte{400, "a line holds a control character or does not end with CRLF"};
constexpr Refusal kEmptyLines{400, "there are too many empty lines before the request"};
constexpr Refusal kBadStartLine{400, "the request line is not a method, a target and a version"};
constexpr Refusal kBadVersion{400, "the request line does not end with an HTTP version"};
constexpr Refusal kOtherVersion{505, "this server speaks HTTP/1.1 here"};
constexpr Refusal kBadTarget{400, "the request target is malformed"};
constexpr Refusal kNoHost{400, "an HTTP/1.1 request has exactly one Host field"};
constexpr Refusal kBadHost{400, "the Host field is malformed"};

constexpr std::string_view kVersionPrefix = "HTTP/";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

void RequestParser::start(std::size_t begin) {
  state_ = State::kStartLine;
  message_limits_ = limits_;
  lines_.start(begin);
  framing_ = {};
  error_ = {};
  begin_ = begin;
  dropped_ = 0;
  empty_lines_ = hosts_ = 0;
  expects_continue_ = absolute_ = false;
  authority_ = {};
  fields_.clear();
}

Event RequestParser::parse(Buffer& in) {
  head_ = in.data() + begin_;
  switch (state_) {
    case State::kStartLine:
      return read_start_line(in);
    case State::kFields:
      return read_fields(in);
    case State::kLength:
    case State::kChunked:
      return read_body(in);
    case State::kDone:
      return Event::kComplete;
    case State::kFailed:
      return Event::kError;
  }
  return Event::kError;
}

Event RequestParser::read_start_line(Buffer& in) {
  std::string_view line;
  do {
    switch (lines_.read(in.view(), limits_.max_start_line, line)) {
      case LineReader::Status::kPartial:
        return Event::kNeedMore;
      case LineReader::Status::kTooLong:
        return refuse(kLineTooLong);
      case LineReader::Status::kForbidden:
        return refuse(kForbiddenByte);
      case LineReader::Status::kLine:
        break;
    }
    // Section 2.2: some clients send an empty line after a body; skip it.
    if (line.empty() && ++empty_lines_ > kMaxLeadingEmptyLines) return refuse(kEmptyLines);
  } while (line.empty());
  if (const auto refusal = parse_start_line(line)) return refuse(refusal);
  section_.start(lines_.position());
  state_ = State::kFields;
  return read_fields(in);
}

Refusal RequestParser::parse_start_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return kBadStartLine;
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  if (!syntax::is_token(method) || target.empty()) return kBadStartLine;
  if (const auto refusal = parse_version(line.substr(last + 1))) return refusal;
  method_ = parse_method(method);
  method_text_ = span_of(method);
  target_ = span_of(target);
  return parse_target(target);
}

Refusal RequestParser::parse_version(std::string_view text) {
  if (text.size() != kVersionPrefix.size() + 3 || !text.starts_with(kVersionPrefix) ||
      !is_digit(text[5]) || text[6] != '.' || !is_digit(text[7])) {
    return kBadVersion;
  }
  if (text[5] != '1') return kOtherVersion;
  minor_version_ = text[7] - '0';
  return {};
}

Refusal RequestParser::parse_target(std::string_view target) {
  if (!syntax::is_target(target)) return kBadTarget;
  if (target.front() == '/') {
    const auto mark = target.find('?');
    path_ = span_of(target.substr(0, mark));
    query_ = mark == std::string_view::npos ? Span{} : span_of(target.substr(mark + 1));
    return {};
  }
  query_ = {};
  path_ = span_of(target);
  if (target == "*") return method_ == Method::kOptions ? Refusal{} : kBadTarget;
  // Authority form is for CONNECT only, which is not supported.
  if (view_of(head_, method_text_) == "CONNECT") {
    return syntax::is_authority(target) ? Refusal{} : kBadTarget;
  }
  return parse_absolute_target(target);
}

// Section 3.2.2: servers must accept the absolute form; its authority replaces the Host field.
Refusal RequestParser::parse_absolute_target(std::string_view target) {
  const auto scheme = target.find("://");
  if (scheme == std::string_view::npos) return kBadTarget;
  const auto name = target.substr(0, scheme);
  if (!equals_ignoring_case(name, "http") && !equals_ignoring_case(name, "https")) {
    return kBadTarget;
  }
  const auto rest = target.substr(scheme + 3);
  const auto authority = rest.substr(0, rest.find_first_of("/?"));
  if (authority.empty() || !syntax::is_authority(authority)) return kBadTarget;
  const auto path_and_query = rest.substr(authority.size());
  const auto mark = path_and_query.find('?');
  absolute_ = true;
  authority_ = span_of(authority);
  path_ = span_of(path_and_query.substr(0, mark));
  if (mark != std::string_view::npos) query_ = span_of(path_and_query.substr(mark + 1));
  return {};
}

Event RequestParser::read_fields(Buffer& in) {
  for (;;) {
    HeaderField field;
    Refusal refusal;
    switch (section_.next(in.view(), lines_, limits_, field, refusal)) {
      case SectionReader::Status::kPartial:
        return Event::kNeedMore;
      case SectionReader::Status::kRefused:
        return refuse(refusal);
      case SectionReader::Status::kEnd:
        return end_of_head();
      case SectionReader::Status::kField:
        if (const auto bad = add_field(field)) return refuse(bad);
    }
  }
}

Refusal RequestParser::add_field(const HeaderField& field) {
  fields_.push_back({span_of(field.name), span_of(field.value)});
  if (field.name.size() == 4 && equals_ignoring_case(field.name, "host")) {
    ++hosts_;
    if (!absolute_) authority_ = span_of(field.value);
    return syntax::is_authority(field.value) ? Refusal{} : kBadHost;
  }
  if (field.name.size() == 6 && equals_ignoring_case(field.name, "expect")) {
    expects_continue_ = minor_version_ > 0;
    return equals_ignoring_case(field.value, "100-continue") ? Refusal{} : kUnknownExpectation;
  }
  return framing_.add(field);
}

Event RequestParser::end_of_head() {
  if (const auto refusal = check_head()) return refuse(refusal);
  body_ = lines_.position();
  state_ = framing_.chunked ? State::kChunked : State::kLength;
  if (framing_.chunked) {
    chunks_.start(body_);
    message_limits_.max_header_bytes = std::min(limits_.max_header_bytes, kMaxTrailerBytes);
  }
  return Event::kHead;
}

Refusal RequestParser::check_head() const {
  if (hosts_ > 1 || (hosts_ == 0 && minor_version_ > 0)) return kNoHost;
  return framing_.verdict(minor_version_);
}

Event RequestParser::read_body(Buffer& in) {
  if (state_ == State::kChunked) {
    const auto event = chunks_.decode(in, message_limits_);
    if (event == Event::kError) return refuse(chunks_.error());
    if (event == Event::kComplete) state_ = State::kDone;
    return event;
  }
  if (framing_.length > message_limits_.max_body_bytes) return refuse(kBodyTooLarge);
  if (in.size() - body_ < framing_.length - dropped_) return Event::kNeedMore;
  state_ = State::kDone;
  return Event::kComplete;
}

std::size_t RequestParser::end() const {
  return framing_.chunked ? chunks_.end() : body_ + (framing_.length - dropped_);
}

void RequestParser::bind(const Buffer& in, Request& request) const {
  const char* const head = in.data() + begin_;
  request.method = method_;
  request.method_text = view_of(head, method_text_);
  request.target = view_of(head, target_);
  request.path = view_of(head, path_);
  if (request.path.empty()) request.path = method_ == Method::kOptions ? "*" : "/";
  request.query = view_of(head, query_);
  request.authority = view_of(head, authority_);
  request.headers.clear();
  for (const auto& field : fields_) {
    request.headers.add(view_of(head, field.name), view_of(head, field.value));
  }
  request.body = {};
}

std::string_view RequestParser::body_so_far(const Buffer& in) const {
  const auto size = framing_.chunked
                        ? chunks_.body_size()
                        : std::min<std::uint64_t>(in.size() - body_, framing_.length - dropped_);
  return in.view().substr(body_, size);
}

void RequestParser::drop_body(Buffer& in) {
  const auto size = body_so_far(in).size();
  if (size == 0) return;
  const auto rest = in.view().substr(body_ + size);
  std::memmove(in.data() + body_, rest.data(), rest.size());
  in.truncate(body_ + rest.size());
  if (framing_.chunked) {
    chunks_.drop_body();
  } else {
    dropped_ += size;
  }
}

Event RequestParser::refuse(Refusal refusal) {
  error_ = refusal;
  state_ = State::kFailed;
  return Event::kError;
}

RequestParser::Span RequestParser::span_of(std::string_view part) const {
  return {static_cast<std::uint32_t>(part.data() - head_), static_cast<std::uint32_t>(part.size())};
}

void RequestParser::shift(std::size_t n) {
  begin_ -= n;
  body_ -= n;
  lines_.shift(n);
  section_.shift(n);
  chunks_.shift(n);
}

}  // namespace souk::http::h1
