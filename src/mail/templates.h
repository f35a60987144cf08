// Texts of messages with places for values: {{name}}. The files of templates/ are built in; files
// of the same names in a folder of the operator's replace them. NAME.txt begins with a line
// "Subject: ..." and an empty one; NAME.html is the same message as HTML.
//
// Values become one line; in HTML they are escaped, so that none can add markup.
// Threading: immutable after load(). Ownership: owns its texts.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace souk::mail {

class Templates {
 public:
  struct Text {
    std::string subject;
    std::string text;
    std::string html;
  };
  using Values = std::span<const std::pair<std::string_view, std::string_view>>;

  // With the files of `folder`; empty: only those built in. Errors: validation_failed, naming a
  // file that has a place for a value that the built-in one has not, or no subject.
  static Result<Templates> load(const std::string& folder);

  // REQUIRES: there is such a template, and a value for each of its places.
  Text fill(std::string_view name, Values values) const;

 private:
  struct Parsed {
    std::string subject;
    std::string body;
  };

  std::map<std::string, Parsed, std::less<>> texts_;  // by file name
};

// The built-in files, by name.
std::span<const std::pair<std::string_view, std::string_view>> builtin_templates();

// For a greeting: the name, or `otherwise` if mail programs could take a part of it for a link or
// an address, which whoever chose the name would have put into our message.
std::string_view harmless_name(std::string_view name, std::string_view otherwise);

}  // namespace souk::mail
