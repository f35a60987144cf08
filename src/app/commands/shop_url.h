// Where the shop of a data folder is served: `souk up` writes it there, for commands that ask or
// load the running shop. Threading: the main thread.
#pragma once

#include <CLI/App.hpp>
#include <filesystem>
#include <string>

#include "base/error.h"

namespace souk::app {

// Written while this object lives. A Souk that is killed leaves it behind.
class PublishedUrl {
 public:
  PublishedUrl(const std::filesystem::path& data, const std::string& url);
  ~PublishedUrl();
  PublishedUrl(const PublishedUrl&) = delete;
  PublishedUrl& operator=(const PublishedUrl&) = delete;

 private:
  std::filesystem::path file_;
};

// That of the shop which `souk up` serves from this folder, or else http://127.0.0.1:8080.
std::string url_of_shop_in(const std::filesystem::path& data);

// --url; `url` stays empty where it is not given.
void add_shop_url(CLI::App& command, std::string& url);

}  // namespace souk::app
