#include "http/h1/response_parser.h"

#include <charconv>

#include "http/syntax.h"

namespace souk::http::h1 {
namespace {

// For responses, a non-zero `status` only marks an error.
constexpr Refusal kBadStartLine{400, "the status line is malformed"};
constexpr Refusal kTooLarge{413, "the body is larger than was asked for"};
constexpr Refusal kOtherProtocol{400, "the server changes to a protocol that was not asked for"};
constexpr Refusal kTooManyInterim{400, "there are too many interim responses"};
constexpr Refusal kCutOff{400, "the connection ended in the middle of a response"};

// "HTTP/1.1 200"; without the optional reason, the space before it is often missing too.
constexpr std::size_t kShortestStartLine = 12;

}  // namespace

void ResponseParser::start(std::size_t begin, bool to_head) {
  to_head_ = to_head;
  interim_ = 0;
  start_head(begin);
}

void ResponseParser::start_head(std::size_t begin) {
  state_ = State::kStartLine;
  lines_.start(begin);
  framing_ = {};
  error_ = {};
  begin_ = begin;
  fields_.clear();
}

Event ResponseParser::parse(Buffer& in) {
  for (;;) {
    const auto event = step(in);
    if (event != Event::kHead || status_ >= 200) return event;
    if (status_ == 101) return refuse(kOtherProtocol);
    if (++interim_ > kMaxInterim) return refuse(kTooManyInterim);
    start_head(body_);
  }
}

Event ResponseParser::step(Buffer& in) {
  switch (state_) {
    case State::kStartLine:
      return read_start_line(in);
    case State::kFields:
      return read_fields(in);
    case State::kLength:
    case State::kChunked:
    case State::kUntilClose:
      return read_body(in);
    case State::kDone:
      return Event::kComplete;
    case State::kFailed:
      return Event::kError;
  }
  return Event::kError;
}

Event ResponseParser::read_start_line(Buffer& in) {
  std::string_view line;
  const auto status = lines_.read(in.view(), limits_.max_start_line, line);
  if (status == LineReader::Status::kPartial) return Event::kNeedMore;
  if (status != LineReader::Status::kLine || !parse_start_line(line)) return refuse(kBadStartLine);
  section_.start(lines_.position());
  state_ = State::kFields;
  return read_fields(in);
}

bool ResponseParser::parse_start_line(std::string_view line) {
  if (line.size() < kShortestStartLine || !line.starts_with("HTTP/1.")) return false;
  minor_version_ = line[7] - '0';
  const char* const code = line.data() + 9;
  const auto [stop, error] = std::from_chars(code, code + 3, status_);
  return minor_version_ >= 0 && minor_version_ <= 9 && line[8] == ' ' && error == std::errc() &&
         stop == code + 3 && status_ >= 100 &&
         (line.size() == kShortestStartLine || line[kShortestStartLine] == ' ');
}

Event ResponseParser::read_fields(Buffer& in) {
  const char* const head = in.data() + begin_;
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
        break;
    }
    if (const auto bad = framing_.add(field)) return refuse(bad);
    fields_.push_back({static_cast<std::uint32_t>(field.name.data() - head),
                       static_cast<std::uint32_t>(field.name.size()),
                       static_cast<std::uint32_t>(field.value.data() - head),
                       static_cast<std::uint32_t>(field.value.size())});
  }
}

Event ResponseParser::end_of_head() {
  if (const auto refusal = framing_.verdict(minor_version_)) return refuse(refusal);
  body_ = lines_.position();
  const bool no_body = to_head_ || status_ < 200 || status_ == 204 || status_ == 304;
  if (no_body) framing_.length = 0;
  if (no_body || (framing_.has_length && !framing_.chunked)) {
    state_ = State::kLength;
  } else if (framing_.chunked) {
    state_ = State::kChunked;
    chunks_.start(body_);
  } else {
    state_ = State::kUntilClose;
  }
  return Event::kHead;
}

Event ResponseParser::read_body(Buffer& in) {
  if (state_ == State::kChunked) {
    const auto event = chunks_.decode(in, limits_);
    if (event == Event::kError) return refuse(chunks_.error());
    return event == Event::kComplete ? complete(chunks_.body_size(), chunks_.end()) : event;
  }
  const std::size_t there = in.size() - body_;
  if (state_ == State::kUntilClose) {
    return there > limits_.max_body_bytes ? refuse(kTooLarge) : Event::kNeedMore;
  }
  if (framing_.length > limits_.max_body_bytes) return refuse(kTooLarge);
  if (there < framing_.length) return Event::kNeedMore;
  return complete(framing_.length, body_ + framing_.length);
}

Event ResponseParser::finish(const Buffer& in) {
  if (state_ == State::kUntilClose) {
    framing_.close = true;
    return complete(in.size() - body_, in.size());
  }
  return state_ == State::kDone ? Event::kComplete : refuse(kCutOff);
}

Event ResponseParser::complete(std::size_t body_size, std::size_t end) {
  state_ = State::kDone;
  body_size_ = body_size;
  end_ = end;
  return Event::kComplete;
}

bool ResponseParser::keeps_alive() const {
  const bool framed = state_ != State::kUntilClose && state_ != State::kFailed;
  return framed && !framing_.close && (minor_version_ > 0 || framing_.keep_alive);
}

HeaderField ResponseParser::field_at(const Buffer& in, const FieldSpan& span) const {
  const char* const head = in.data() + begin_;
  return {{head + span.name_at, span.name_size}, {head + span.value_at, span.value_size}};
}

void ResponseParser::bind_headers(const Buffer& in, Headers& headers) const {
  headers.clear();
  for (const auto& span : fields_) {
    const auto field = field_at(in, span);
    headers.add(field.name, field.value);
  }
}

std::string_view ResponseParser::header(const Buffer& in, std::string_view name) const {
  for (const auto& span : fields_) {
    const auto field = field_at(in, span);
    if (equals_ignoring_case(field.name, name)) return field.value;
  }
  return {};
}

Event ResponseParser::refuse(Refusal refusal) {
  error_ = refusal;
  state_ = State::kFailed;
  return Event::kError;
}

}  // namespace souk::http::h1
