// Delivers into a Maildir (https://cr.yp.to/proto/maildir.html): a message is written to tmp/, made
// durable and renamed to new/ under the caller's name, so that readers of new/ see only complete
// messages, and a repeated delivery is the same file.
//
// Threading: any; calls block on the disk. Ownership: plain value.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace souk::mail {

class Maildir {
 public:
  explicit Maildir(std::string path) : path_(std::move(path)) {}

  // Creates missing folders. `name` is stable for the message and has no slash; on return the
  // message is durable. Errors: unavailable, naming the file.
  Result<> deliver(std::string_view name, std::string_view message) const;

 private:
  const std::string path_;
};

}  // namespace souk::mail
