// Gives messages to an SMTP server (RFC 5321) through libcurl: TLS by STARTTLS or from the first
// byte, always verified; SASL; connections kept between messages.
//
// Threading: any thread; send() blocks. Ownership: owns its connections.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "mail/config.h"

namespace souk::mail {

struct Outcome {
  enum class Kind : std::uint8_t {
    kDelivered,    // the server has taken the message over
    kRefused,      // by the server, for good (5xx): trying again is in vain
    kFailed,       // this message now (4xx), or what became of it is unknown: try again
    kUnavailable,  // no server can be reached, trusted or signed in to: try any message later
  };
  Kind kind = Kind::kDelivered;
  std::string reason = {};  // for people; without addresses and texts
};

class Smtp {
 public:
  explicit Smtp(SmtpConfig config);
  ~Smtp();
  Smtp(const Smtp&) = delete;
  Smtp& operator=(const Smtp&) = delete;

  // Ends within `timeout`, and the configured times. `message` has lines that end with \n.
  // REQUIRES: both addresses are plain ones.
  Outcome send(std::string_view from, std::string_view to, std::string_view message,
               std::chrono::milliseconds timeout);

 private:
  struct Close {
    void operator()(void* handle) const;
  };
  using Handle = std::unique_ptr<void, Close>;  // a CURL, with its open connection
  using Deadline = std::chrono::steady_clock::time_point;
  struct Attempt {
    Outcome outcome;
    bool connection_was_kept = false;  // from an earlier message
  };

  Attempt send_by(void* handle, std::string_view from, std::string_view to,
                  std::string_view message, Deadline deadline) const;
  Handle take();
  void put_back(Handle handle);

  const SmtpConfig config_;
  std::mutex mutex_;
  std::vector<Handle> idle_;  // guarded by mutex_; as many as were in use at once
};

}  // namespace souk::mail
