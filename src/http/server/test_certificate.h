// For tests: a certificate for localhost and 127.0.0.1 in files, made once per process.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "runtime/tls/authority.h"
#include "runtime/tls/server.h"

namespace souk::http {

class TestCertificate {
 public:
  static const TestCertificate& get() {
    static const TestCertificate one;
    return one;
  }

  runtime::TlsServerConfig config() const {
    return {.certificates = {file("server.pem")}, .keys = {file("server.key")}};
  }
  std::string authority_file() const { return file("ca.pem"); }
  std::string file(const std::string& name) const { return folder_ / name; }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name) << content;
  }
  const runtime::Authority& authority() const { return authority_; }

 private:
  TestCertificate() {
    std::filesystem::create_directories(folder_);
    const auto server = authority_.issue({.names = {"localhost", "127.0.0.1"}, .lifetime = kValid});
    write("ca.pem", authority_.pem().certificate);
    write("server.pem", server.certificate);
    write("server.key", server.key);
  }
  ~TestCertificate() { std::filesystem::remove_all(folder_); }

  static constexpr std::chrono::hours kValid{1};
  const std::filesystem::path folder_ =
      testing::TempDir() + "souk-certificate-" + std::to_string(::getpid());
  const runtime::Authority authority_ = runtime::Authority::make("Test", {}, kValid);
};

}  // namespace souk::http
