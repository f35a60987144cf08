#include "app/commands/shop_url.h"

#include <fmt/format.h>

#include <fstream>

#include "app/shop/listeners.h"
#include "http/client/target.h"

namespace souk::app {
namespace {

constexpr std::string_view kFile = "url.txt";
constexpr std::string_view kDefaultUrl = "http://127.0.0.1:8080";

bool is_wildcard(std::string_view address) { return address == "0.0.0.0" || address == "::"; }

// For a shop on this machine the settings have the operator's address; for another one only the
// port is known.
Result<std::string> operator_url(const Settings& settings, const ShopUrls& given) {
  const auto shop = http::parse_target(given.shop, given.ca_file);
  if (!shop) return std::unexpected(shop.error());
  const auto& address = settings.operators.address;
  const bool here = shop->is_loopback() && !is_wildcard(address);
  const auto port = shop->tls ? shop_port_of(settings, shop->port) : shop->port;
  return http::make_url(here ? address : shop->name, operator_port(settings, port),
                        shop->tls && !shop->is_loopback());
}

}  // namespace

PublishedUrls::PublishedUrls(const std::filesystem::path& data, const ShopUrls& urls)
    : file_(data / kFile) {
  std::ofstream(file_) << urls.shop << '\n' << urls.operators << '\n';
}

PublishedUrls::~PublishedUrls() {
  std::error_code error;
  std::filesystem::remove(file_, error);
}

void add_shop_url(CLI::App& command, std::string& url) {
  command
      .add_option("--url", url,
                  fmt::format("The shop. [default: the one that `souk up` serves from --data, or "
                              "{}]",
                              kDefaultUrl))
      ->type_name("URL");
}

void add_operator_url(CLI::App& command, std::string& url) {
  command
      .add_option("--operator-url", url,
                  "The shop's address for operators. [default: follows from the shop's]")
      ->type_name("URL");
}

void add_ca_file(CLI::App& command, std::string& file) {
  command
      .add_option("--cacert", file,
                  "With https://, the trusted authorities, in PEM. [default: the system's]")
      ->type_name("FILE");
}

Result<ShopUrls> find_shop(const Settings& settings, ShopUrls given) {
  if (given.shop.empty()) {
    std::ifstream file(std::filesystem::path(settings.data.directory) / kFile);
    std::string operators;
    if (!(file >> given.shop)) given.shop = kDefaultUrl;
    if (file >> operators && given.operators.empty()) given.operators = operators;
  }
  if (given.operators.empty()) {
    auto derived = operator_url(settings, given);
    if (!derived) return std::unexpected(derived.error());
    given.operators = *std::move(derived);
  }
  return given;
}

}  // namespace souk::app
