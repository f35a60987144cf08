// Common parts of commands that query a running shop as an administrator.
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
  ShopUrls urls;  // from the flags
  std::string token_file;
  bool json = false;
};

struct OperatorRequest {
  http::Method method = http::Method::kGet;
  std::string path_and_query;
  std::string json = {};
};

// Adds a command with --url, --operator-url and --token-file that sends the request returned by
// `request`, which may store its options in `arguments`, and prints the answer: for people on a
// terminal, and as it came, in JSON, for a program or with --json.
CLI::App& add_operator_command(CLI::App& group, Invocation& invocation, const std::string& name,
                               const std::string& help,
                               const std::shared_ptr<OperatorArguments>& arguments,
                               std::function<OperatorRequest()> request);

}  // namespace souk::app
