#include "mail/smtp.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace souk::mail {
namespace {

constexpr std::chrono::seconds kIdleConnection{30};  // servers close theirs after minutes
constexpr int kClosing = 221;

struct Dialogue {
  std::string unsent;  // of the message
  std::size_t sent = 0;
  bool answered = false;  // the server has said anything
  int refusal = 0;        // its last reply but that to QUIT, if negative (4xx, 5xx)
};

std::size_t read_message(char* to, std::size_t size, std::size_t count, void* dialogue) {
  auto& [unsent, sent, answered, refusal] = *static_cast<Dialogue*>(dialogue);
  const auto bytes = unsent.copy(to, size * count, sent);
  sent += bytes;
  return bytes;
}

// Called with each line that the server sends.
std::size_t note_reply(char* line, std::size_t size, std::size_t count, void* dialogue) {
  auto& noted = *static_cast<Dialogue*>(dialogue);
  const std::string_view text(line, size * count);
  noted.answered = true;
  int code = 0;
  std::from_chars(text.data(), text.data() + std::min<std::size_t>(text.size(), 3), code);
  if (code != kClosing) noted.refusal = code >= 400 ? code : 0;
  return text.size();
}

std::string with_crlf(std::string_view text) {
  std::string lines;
  lines.reserve(text.size() + text.size() / 32);
  for (const char c : text) {
    if (c == '\n') lines += '\r';
    lines += c;
  }
  return lines;
}

class Recipients {
 public:
  explicit Recipients(std::string_view address)
      : list_(curl_slist_append(nullptr, fmt::format("<{}>", address).c_str())) {
    if (list_ == nullptr) throw std::bad_alloc();
  }
  ~Recipients() { curl_slist_free_all(list_); }
  Recipients(const Recipients&) = delete;
  Recipients& operator=(const Recipients&) = delete;
  curl_slist* get() const { return list_; }

 private:
  curl_slist* const list_;
};

template <class T>
void set(CURL* handle, CURLoption option, T value) {
  if (curl_easy_setopt(handle, option, value) != CURLE_OK) {
    throw std::runtime_error("libcurl has no such option");
  }
}

// The server's name in EHLO is ours: the sender's domain.
std::string url_of(const SmtpConfig& config, std::string_view from) {
  const bool is_v6 = config.host.contains(':');
  return fmt::format("{}://{}{}{}:{}/{}", config.security == Security::kTls ? "smtps" : "smtp",
                     is_v6 ? "[" : "", config.host, is_v6 ? "]" : "", config.port,
                     from.substr(from.rfind('@') + 1));
}

void prepare(CURL* handle, const SmtpConfig& config, const std::string& url) {
  curl_easy_reset(handle);  // keeps the connection
  set(handle, CURLOPT_NOSIGNAL, 1L);
  set(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(handle, CURLOPT_PROXY, "");  // whatever the environment says
  set(handle, CURLOPT_URL, url.c_str());
  set(handle, CURLOPT_USE_SSL,
      static_cast<long>(config.security == Security::kNone ? CURLUSESSL_NONE : CURLUSESSL_ALL));
  set(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!config.tls_ca_file.empty()) {
    set(handle, CURLOPT_CAINFO, config.tls_ca_file.c_str());
    set(handle, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  if (!config.user.empty()) {
    set(handle, CURLOPT_USERNAME, config.user.c_str());
    set(handle, CURLOPT_PASSWORD, config.password.c_str());
  }
  set(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(config.connect_timeout.count()));
  set(handle, CURLOPT_MAXAGE_CONN, static_cast<long>(kIdleConnection.count()));
}

// Of the server or our settings rather than of the message.
bool concerns_every_message(CURLcode code, const Dialogue& dialogue) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_USE_SSL_FAILED:
    case CURLE_LOGIN_DENIED:
      return true;
    case CURLE_OPERATION_TIMEDOUT:
      return !dialogue.answered;
    default:
      break;
  }
  // Not available (RFC 5321), and what RFC 4954 says of signing in.
  constexpr std::array kOfServer = {421, 454, 530, 534, 535, 538};
  return std::ranges::find(kOfServer, dialogue.refusal) != kOfServer.end();
}

Outcome outcome_of(CURLcode code, const Dialogue& dialogue) {
  using Kind = Outcome::Kind;
  if (code == CURLE_OK) return {};
  auto reason = dialogue.refusal == 0
                    ? std::string(curl_easy_strerror(code))
                    : fmt::format("{} ({})", curl_easy_strerror(code), dialogue.refusal);
  if (concerns_every_message(code, dialogue)) return {Kind::kUnavailable, std::move(reason)};
  return {dialogue.refusal >= 500 ? Kind::kRefused : Kind::kFailed, std::move(reason)};
}

}  // namespace

void Smtp::Close::operator()(void* handle) const { curl_easy_cleanup(handle); }

Smtp::Smtp(SmtpConfig config) : config_(std::move(config)) {}
Smtp::~Smtp() = default;

Smtp::Handle Smtp::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
  }
  Handle handle(curl_easy_init());
  if (!handle) throw std::bad_alloc();
  return handle;
}

void Smtp::put_back(Handle handle) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(handle));
}

Outcome Smtp::send(std::string_view from, std::string_view to, std::string_view message,
                   std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + std::min(timeout, config_.send_timeout);
  auto handle = take();
  auto attempt = send_by(handle.get(), from, to, message, deadline);
  // Servers end connections after some messages or minutes, and say so to the next message.
  if (attempt.outcome.kind == Outcome::Kind::kUnavailable && attempt.connection_was_kept) {
    attempt = send_by(handle.get(), from, to, message, deadline);
  }
  put_back(std::move(handle));
  return std::move(attempt.outcome);
}

Smtp::Attempt Smtp::send_by(void* handle, std::string_view from, std::string_view to,
                            std::string_view message, Deadline deadline) const {
  const auto url = url_of(config_, from);
  prepare(handle, config_, url);
  const auto sender = fmt::format("<{}>", from);
  const Recipients recipients(to);
  Dialogue dialogue{.unsent = with_crlf(message)};
  set(handle, CURLOPT_MAIL_FROM, sender.c_str());
  set(handle, CURLOPT_MAIL_RCPT, recipients.get());
  set(handle, CURLOPT_UPLOAD, 1L);
  set(handle, CURLOPT_READFUNCTION, &read_message);
  set(handle, CURLOPT_READDATA, &dialogue);
  set(handle, CURLOPT_HEADERFUNCTION, &note_reply);
  set(handle, CURLOPT_HEADERDATA, &dialogue);
  const auto left =
      std::chrono::floor<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  set(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(1, left.count())));
  const auto code = curl_easy_perform(handle);
  long connections = 0;
  curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &connections);
  return {outcome_of(code, dialogue), connections == 0};
}

}  // namespace souk::mail
