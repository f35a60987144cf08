// What commands have in common that ask a running shop something as an administrator.
// Threading: the main thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/commands/command.h"
#include "app/commands/shop_url.h"
#include "base/error.h"
#include "http/message.h"

namespace souk::app {

struct OperatorArguments {
  ShopUrls urls;  // as flags gave them
  std::string token_file;
};

struct OperatorRequest {
  http::Method method = http::Method::kGet;
  std::string path_and_query;
  std::string json = {};
};

// Adds a command with --url, --operator-url and --token-file that sends what `request` makes of its
// arguments, which it may keep in `arguments`, and prints the answer.
CLI::App& add_operator_command(CLI::App& group, Invocation& invocation, const std::string& name,
                               const std::string& help,
                               const std::shared_ptr<OperatorArguments>& arguments,
                               std::function<OperatorRequest()> request);

}  // namespace souk::app
