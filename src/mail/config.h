// Settings of mail.
// Threading: plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace souk::mail {

// How the connection to the SMTP server is protected: by STARTTLS, which the server must offer;
// from the first byte; or not at all.
enum class Security : std::uint8_t { kStartTls, kTls, kNone };

struct SmtpConfig {
  std::string host;  // empty: nothing is sent by SMTP
  std::uint16_t port = 587;
  Security security = Security::kStartTls;
  std::string user;  // empty: without authentication
  std::string password;
  std::string tls_ca_file;  // empty: the system's
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds send_timeout{15'000};  // of a whole message, the connection included
};

struct Config {
  std::string maildir;  // with smtp.host: not used
  std::string from = "orders@localhost";
  SmtpConfig smtp;
  std::string templates;        // folder; empty: those built in
  std::size_t connections = 4;  // messages sent at once

  bool is_on() const { return !maildir.empty() || !smtp.host.empty(); }
};

}  // namespace souk::mail
