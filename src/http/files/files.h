// Serves the files of a folder: a storefront, or any other pages. A precompressed variant beside a
// file (app.js.br, .zst, .gz) is sent to clients that prefer its coding; files without one are
// compressed like any response. Pages get the fields of HeaderPolicy.
//
// Threading: one per worker, loop thread only; a read of at most kWholeBytes blocks the loop when
// the kernel has not cached it. Ownership: owns everything; outlives its responses.
#pragma once

#include <array>
#include <string>

#include "base/clock.h"
#include "http/client_limit.h"
#include "http/coding/config.h"
#include "http/files/folder.h"
#include "http/router.h"
#include "http/server_config.h"

namespace souk::http {

class Files {
 public:
  // A file up to this size is read at once; a larger one in pieces, while it is sent.
  static constexpr std::size_t kWholeBytes = 32 * 1024;
  // Files that are open at a time, of all clients and of one client network; more are answered 503.
  // One HTTP/2 connection may ask for a hundred at once.
  static constexpr std::size_t kMaxOpen = 256;
  static constexpr std::size_t kMaxOpenOfClient = 128;

  // "/", or "/" and literal segments that nothing else of Souk is served at.
  static bool can_serve_at(std::string_view path);

  // The clock outlives it.
  Files(const ServerConfig& config, const Clock& clock);

  // Serves GET and HEAD of every path below config.files.at. REQUIRES: config.files.folder.
  void add_to(Router& router);

 private:
  runtime::Task<Response> serve(const Request& request);
  runtime::Task<Response> redirect() const;
  Response with_body(const Request& request, File file, Response response);

  const FilesConfig config_;
  const CodingConfig coding_;
  const Clock& clock_;
  const std::string prefix_;
  const PreparedHeaders page_;    // Cache-Control and the policy of pages
  const PreparedHeaders hashed_;  // Cache-Control of names with a hash
  const PreparedHeaders other_;
  ClientLimit open_{kMaxOpen, kMaxOpenOfClient};
};

}  // namespace souk::http
