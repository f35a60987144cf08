#include "app/commands/shop_url.h"

#include <fmt/format.h>

#include <fstream>

namespace souk::app {
namespace {

constexpr std::string_view kFile = "url.txt";
constexpr std::string_view kDefaultUrl = "http://127.0.0.1:8080";

}  // namespace

PublishedUrl::PublishedUrl(const std::filesystem::path& data, const std::string& url)
    : file_(data / kFile) {
  std::ofstream(file_) << url << '\n';
}

PublishedUrl::~PublishedUrl() {
  std::error_code error;
  std::filesystem::remove(file_, error);
}

std::string url_of_shop_in(const std::filesystem::path& data) {
  std::ifstream file(data / kFile);
  std::string url;
  return file >> url ? url : std::string(kDefaultUrl);
}

void add_shop_url(CLI::App& command, std::string& url) {
  command
      .add_option("--url", url,
                  fmt::format("The shop. [default: the one that `souk up` serves from --data, or "
                              "{}]",
                              kDefaultUrl))
      ->type_name("URL");
}

}  // namespace souk::app
