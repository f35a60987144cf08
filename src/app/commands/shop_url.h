// The URLs of a data folder's shop and its operator's address: `souk up` writes them there, for
// commands that query or load the running shop. Threading: the main thread.
#pragma once

#include <CLI/App.hpp>
#include <filesystem>
#include <string>

#include "app/settings.h"
#include "base/error.h"

namespace souk::app {

struct ShopUrls {
  std::string shop;
  std::string operators;
  std::string ca_file = {};  // trusted authorities of https://; empty: the system's
};

// The file exists while this object lives. A killed Souk leaves it behind.
class PublishedUrls {
 public:
  PublishedUrls(const std::filesystem::path& data, const ShopUrls& urls);
  ~PublishedUrls();
  PublishedUrls(const PublishedUrls&) = delete;
  PublishedUrls& operator=(const PublishedUrls&) = delete;

 private:
  std::filesystem::path file_;
};

// --url, --operator-url and --cacert; empty unless given.
void add_shop_url(CLI::App& command, std::string& url);
void add_operator_url(CLI::App& command, std::string& url);
void add_ca_file(CLI::App& command, std::string& file);

// Completes the flags' URLs: the shop is the one that `souk up` serves from the data folder, or
// else http://127.0.0.1:8080; the operator's address is this shop's, or is derived from the shop's
// and the settings. Errors: those of http::parse_target.
Result<ShopUrls> find_shop(const Settings& settings, ShopUrls given);

}  // namespace souk::app
