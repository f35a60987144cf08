// A Maildir to deliver into (https://cr.yp.to/proto/maildir.html): a message is written to tmp/,
// made durable and renamed to new/ under the caller's name, so that who reads new/ sees whole
// messages only, and the same message delivered twice is one file.
//
// Threading: any; the calls block on the disk. Ownership: plain value.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace souk::confirmation {

class Maildir {
 public:
  explicit Maildir(std::string path) : path_(std::move(path)) {}

  // Makes what is missing of the folders. `name` is stable for the message and holds no slash; on
  // return the message survives a crash. Errors: unavailable, naming the file.
  Result<> deliver(std::string_view name, std::string_view message) const;

 private:
  const std::string path_;
};

}  // namespace souk::confirmation
