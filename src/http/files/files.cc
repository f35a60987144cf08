#include "http/files/files.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/accept.h"
#include "http/conditional.h"
#include "http/files/folder.h"
#include "http/files/media_types.h"
#include "http/files/range.h"
#include "http/problem.h"
#include "http/response_coder.h"
#include "http/syntax.h"

namespace souk::http {
namespace {

constexpr std::string_view kRest = "path";
constexpr std::string_view kIndex = "index.html";
constexpr std::string_view kPageType = "text/html";
constexpr std::string_view kImmutable = "public, max-age=31536000, immutable";
constexpr std::string_view kRevalidated = "public, no-cache";
// A file changed so lately may change again within the resolution of its time.
constexpr std::chrono::seconds kSettled{2};

constexpr std::string_view suffix_of(ContentCoding coding) {
  constexpr std::array<std::string_view, 4> kSuffixes = {"", ".gz", ".br", ".zst"};
  return kSuffixes[static_cast<std::size_t>(coding)];
}

struct Variant {
  File file;
  ContentCoding coding = ContentCoding::kIdentity;
};

// The file in the coding that the client prefers among those that exist.
std::optional<Variant> find_variant(const Request& request, const std::string& folder,
                                    const std::string& path, bool may_be_coded) {
  auto plain = open_below(folder, path);
  if (!plain) return std::nullopt;
  std::vector offered = {ContentCoding::kBrotli, ContentCoding::kZstd, ContentCoding::kGzip};
  while (may_be_coded) {
    const auto coding = preferred_coding(request.headers, offered);
    if (coding == ContentCoding::kIdentity) break;
    if (auto file = open_below(folder, path + std::string(suffix_of(coding)))) {
      return Variant{*std::move(file), coding};
    }
    std::erase(offered, coding);
  }
  return Variant{*std::move(plain)};
}

std::string etag_of(const Variant& variant, Timestamp now) {
  const auto changed_at = variant.file.changed_at();
  const auto tag = fmt::format("{}\"{:x}-{:x}\"", now - changed_at < kSettled ? "W/" : "",
                               changed_at.time_since_epoch().count(), variant.file.size());
  return etag_in(tag, variant.coding);
}

std::string read(const File& file, const ByteRange& range) {
  std::string bytes(range.size, '\0');
  file.read(range.first, bytes);
  return bytes;
}

class FileStream final : public BodyStream {
 public:
  // Has been admitted by `open`.
  FileStream(File file, const ByteRange& range, ClientLimit& open, const ClientNetwork& client)
      : file_(std::move(file)), left_(range), open_(open), client_(client) {}
  ~FileStream() override { open_.leave(client_); }

  runtime::Task<bool> next(Buffer& out) override {
    const auto size = std::min<std::uint64_t>(left_.size, kStreamPieceBytes);
    if (size == 0) co_return false;
    file_.read(left_.first, {out.prepare(size), size});
    out.commit(size);
    left_ = {.first = left_.first + size, .size = left_.size - size};
    co_return true;
  }
  std::optional<std::uint64_t> length() const override { return left_.size; }

 private:
  const File file_;
  ByteRange left_;
  ClientLimit& open_;
  const ClientNetwork client_;
};

}  // namespace

bool Files::can_serve_at(std::string_view path) {
  if (path == "/") return true;
  if (!path.starts_with('/') || path.ends_with('/') || path.contains("//") || path.contains("/.")) {
    return false;
  }
  if (!std::ranges::all_of(path, [](char c) { return c == '/' || syntax::is_unreserved(c); })) {
    return false;
  }
  constexpr auto kOthers = std::to_array<std::string_view>(
      {"/api", "/dashboard", "/docs", "/healthz", "/readyz", "/openapi.json"});
  return std::ranges::find(kOthers, path.substr(0, path.find('/', 1))) == kOthers.end();
}

Files::Files(const ServerConfig& config, const Clock& clock)
    : config_(config.files),
      coding_(config.coding),
      clock_(clock),
      prefix_(config.files.at == "/" ? "" : config.files.at),
      page_(fields_of_page(config.policy, kRevalidated)),
      hashed_{{"Cache-Control", kImmutable}},
      other_{{"Cache-Control", kRevalidated}} {}

void Files::add_to(Router& router) {
  if (!prefix_.empty()) {
    router.add({.path = prefix_, .handler = [this](auto&, const auto&) { return redirect(); }});
  }
  router.add({.path = fmt::format("{}/{{{}...}}", prefix_, kRest),
              .handler = [this](auto&, const auto& request) { return serve(request); },
              .name = "getFile"});
}

runtime::Task<Response> Files::redirect() const {
  Response response{.status = 308};
  response.headers.add("Location", prefix_ + "/");
  co_return response;
}

runtime::Task<Response> Files::serve(const Request& request) {
  std::string path(request.parameters[kRest]);
  if (path.empty() || path.ends_with('/')) path += kIndex;
  const auto type = media_type_of(path);
  const bool may_be_coded = is_compressed_type(coding_, type);
  auto variant = find_variant(request, config_.folder, path, may_be_coded);
  if (!variant) co_return problem(ErrorCode::kNotFound, "there is nothing at this path");

  Response response{.content_type = type, .etag = etag_of(*variant, clock_.now())};
  response.caching = type.starts_with(kPageType) ? &page_
                     : has_hashed_name(path)     ? &hashed_
                                                 : &other_;
  response.headers.add("Accept-Ranges", "bytes");
  if (variant->coding != ContentCoding::kIdentity) {
    response.is_coded = true;
    response.headers.add("Content-Encoding", coding_name(variant->coding));
  }
  co_return with_body(request, std::move(variant->file), std::move(response));
}

// All of the file, or the part that is asked for.
Response Files::with_body(const Request& request, File file, Response response) {
  const auto total = file.size();
  auto range = requested_range(request, total, response.etag);
  // Who has the content gets a 304, whatever part it asks for.
  if (!held_etag(request, response.etag).empty()) range.reset();
  if (range && range->size == 0) {
    auto refused = problem(416, ErrorCode::kInvalidRequest, "the file does not have these bytes");
    refused.headers.add("Content-Range", fmt::format("bytes */{}", total));
    return refused;
  }
  if (range) {
    response.status = 206;
    response.is_coded = true;
    response.headers.add("Content-Range", fmt::format("bytes {}-{}/{}", range->first,
                                                      range->first + range->size - 1, total));
  }
  if (response.is_coded) response.headers.add("Vary", "Accept-Encoding");
  const auto part = range.value_or(ByteRange{.first = 0, .size = total});
  if (part.size <= kWholeBytes) {
    response.body = Body(read(file, part));
  } else if (open_.enter(request.client) != ClientLimit::Verdict::kAdmitted) {
    auto refused = problem(ErrorCode::kOverloaded, "too many files are being sent; try again");
    refused.headers.add("Retry-After", "1");
    return refused;
  } else {
    response.body =
        Body(std::make_unique<FileStream>(std::move(file), part, open_, request.client));
  }
  return response;
}

}  // namespace souk::http
