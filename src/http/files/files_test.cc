#include "http/files/files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "http/coding/compress.h"
#include "http/coding/decoder.h"
#include "http/files/media_types.h"
#include "http/server/test_server.h"

namespace souk::http {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::string_view kPage = "<!doctype html><title>Shop</title>";

std::string script(std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += "console.log(" + std::to_string(text.size()) + ");\n";
  return text;
}

class FilesTest : public testing::Test {
 protected:
  FilesTest() {
    char name[] = "/tmp/souk-files-XXXXXX";
    top_ = ::mkdtemp(name);
    config_.files.folder = top_ / "site";
    config_.port = 0;
    write("index.html", kPage);
    write("assets/app-5f3a9c1e.js", script(100'000));
    write("robots.txt", "User-agent: *\n");
    write("../secret.txt", "secret");
  }
  ~FilesTest() override {
    server_.reset();
    fs::remove_all(top_);
  }

  // With a time long past, so that entity tags are strong.
  void write(const fs::path& name, std::string_view text) {
    const auto path = fs::path(config_.files.folder) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(1));
  }

  RawResponse get(std::string_view target, std::string_view fields = {}) {
    if (!server_) {
      files_.emplace(config_, clock_);
      server_.emplace(config_, [this](Router& router, runtime::Loop&) { files_->add_to(router); });
    }
    RawClient client(server_->port());
    return client.exchange("GET " + std::string(target) + " HTTP/1.1\r\nHost: shop\r\n" +
                           std::string(fields) + "\r\n");
  }

  static std::string field(const RawResponse& response, std::string_view name) {
    const auto at = response.head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 4;
    return response.head.substr(begin, response.head.find("\r\n", begin) - begin);
  }

  fs::path top_;
  ServerConfig config_;
  const SystemClock clock_;
  std::optional<Files> files_;
  std::optional<TestServer> server_;
};

TEST_F(FilesTest, AFolderIsServedWithItsPages) {
  const auto page = get("/store/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, kPage);
  EXPECT_EQ(field(page, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(field(page, "Cache-Control"), "public, no-cache");
  EXPECT_THAT(field(page, "Content-Security-Policy"), HasSubstr("default-src 'self'"));
  EXPECT_EQ(field(page, "Referrer-Policy"), "strict-origin-when-cross-origin");
  EXPECT_EQ(field(page, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(get("/store/robots.txt").body, "User-agent: *\n");
  EXPECT_EQ(field(get("/store/robots.txt"), "Content-Security-Policy"), "");
  const auto moved = get("/store");
  EXPECT_EQ(moved.status, 308);
  EXPECT_EQ(field(moved, "Location"), "/store/");
}

TEST_F(FilesTest, ANameWithAHashIsKeptForever) {
  const auto hashed = get("/store/assets/app-5f3a9c1e.js");
  EXPECT_EQ(field(hashed, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(hashed.body, script(100'000));
  for (const auto* const name : {"app-5f3a9c1e.js", "index.D1wrgTda.css", "a/chunk-K3J5Q2ZD.mjs"}) {
    EXPECT_TRUE(has_hashed_name(name)) << name;
  }
  for (const auto* const name :
       {"index.html", "my-storefront.js", "README-CHANGELOG.txt", "a-1.js", "5f3a9c1e.js",
        "5f3a9c1e/app.js", "logo-version2.svg", "prices-20250101.csv", "for-MacBookPro.png"}) {
    EXPECT_FALSE(has_hashed_name(name)) << name;
  }
}

TEST_F(FilesTest, APageIsRevalidatedWhateverItsName) {
  write("terms-5f3a9c1e.html", "<p>Terms");
  EXPECT_EQ(field(get("/store/terms-5f3a9c1e.html"), "Cache-Control"), "public, no-cache");
}

TEST_F(FilesTest, NothingOutsideOfTheFolderAndNothingHiddenIsServed) {
  write(".env", "PASSWORD=1");
  write("a/.git/config", "x");
  write(".well-known/security.txt", "Contact: x");
  const fs::path folder = config_.files.folder;
  fs::create_symlink("../secret.txt", folder / "link.txt");
  fs::create_symlink("robots.txt", folder / "inside.txt");
  fs::create_directory_symlink("..", folder / "up");
  ::mkfifo((folder / "fifo.txt").c_str(), 0600);
  for (const auto* const path :
       {"/store/.env", "/store/a/.git/config", "/store/link.txt", "/store/inside.txt",
        "/store/up/secret.txt", "/store/fifo.txt", "/store/assets", "/store/assets/",
        "/store//index.html", "/store/assets//app-5f3a9c1e.js", "/store/index.html/",
        "/store/none.txt", "/store/%2e%65nv"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
  for (const auto* const path : {"/store/../secret.txt", "/store/%2e%2e/secret.txt",
                                 "/store/..%2fsecret.txt", "/store/robots.txt%00"}) {
    EXPECT_EQ(get(path).status, 400) << path;
  }
  EXPECT_EQ(get("/store/.well-known/security.txt").status, 200);
}

TEST_F(FilesTest, TheFolderMayBeALinkThatADeploymentReplaces) {
  fs::create_directory_symlink(config_.files.folder, top_ / "current");
  config_.files.folder = top_ / "current";
  EXPECT_EQ(get("/store/robots.txt").status, 200);
  fs::create_directory(top_ / "next");
  std::ofstream(top_ / "next" / "robots.txt") << "next";
  fs::remove(top_ / "current");
  fs::create_directory_symlink(top_ / "next", top_ / "current");
  EXPECT_EQ(get("/store/robots.txt").body, "next");
}

TEST_F(FilesTest, APrecompressedVariantIsSentToWhomItSuits) {
  const CodingLevels levels = CodingConfig().live;
  const auto text = script(100'000);
  const auto gzip = compress(text, ContentCoding::kGzip, levels);
  const auto brotli = compress(text, ContentCoding::kBrotli, levels);
  write("assets/app-5f3a9c1e.js.gz", gzip);
  write("assets/app-5f3a9c1e.js.br", brotli);
  constexpr auto kPath = "/store/assets/app-5f3a9c1e.js";
  const auto plain = get(kPath);
  const auto zipped = get(kPath, "Accept-Encoding: gzip, zstd;q=0.1\r\n");
  const auto smallest = get(kPath, "Accept-Encoding: gzip, br, zstd\r\n");
  EXPECT_EQ(field(plain, "Content-Encoding"), "");
  EXPECT_EQ(field(zipped, "Content-Encoding"), "gzip");
  EXPECT_EQ(zipped.body, gzip);
  EXPECT_EQ(field(smallest, "Content-Encoding"), "br");
  EXPECT_EQ(smallest.body, brotli);
  EXPECT_EQ(field(smallest, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(field(zipped, "Vary"), "Accept-Encoding");
  EXPECT_EQ(field(plain, "Vary"), "Accept-Encoding");
  EXPECT_NE(field(zipped, "ETag"), field(smallest, "ETag"));
  EXPECT_NE(field(zipped, "ETag"), field(plain, "ETag"));
  const auto held =
      get(kPath, "Accept-Encoding: br\r\nIf-None-Match: " + field(smallest, "ETag") + "\r\n");
  EXPECT_EQ(held.status, 304);
}

TEST_F(FilesTest, AFileWithoutVariantsIsCompressedForTheResponse) {
  const auto coded = get("/store/assets/app-5f3a9c1e.js", "Accept-Encoding: zstd\r\n");
  EXPECT_EQ(field(coded, "Content-Encoding"), "zstd");
  Buffer text;
  std::string_view body = coded.body;
  Decoder::make(ContentCoding::kZstd)->decode(body, text, 1'000'000);
  EXPECT_TRUE(text.view() == script(100'000));
}

TEST_F(FilesTest, APartIsSentAsAskedAndAsLongAsTheFileIsTheSame) {
  constexpr auto kPath = "/store/assets/app-5f3a9c1e.js";
  const auto text = script(100'000);
  const auto tag = field(get(kPath), "ETag");
  for (const auto* const fields : {"", "Accept-Encoding: br\r\n"}) {
    const auto part = get(kPath, "Range: bytes=100-40099\r\n" + std::string(fields));
    EXPECT_EQ(part.status, 206);
    EXPECT_TRUE(part.body == text.substr(100, 40'000));
    EXPECT_EQ(field(part, "Content-Range"), "bytes 100-40099/" + std::to_string(text.size()));
    EXPECT_EQ(field(part, "Content-Encoding"), "");
    EXPECT_EQ(field(part, "ETag"), tag);
  }
  EXPECT_EQ(get(kPath, "Range: bytes=0-9\r\nIf-Range: " + tag + "\r\n").body, text.substr(0, 10));
  EXPECT_EQ(get(kPath, "Range: bytes=0-9\r\nIf-Range: \"other\"\r\n").status, 200);
  EXPECT_EQ(get(kPath, "Range: bytes=0-1,5-6\r\n").status, 200);
  EXPECT_EQ(get(kPath, "Range: bytes=0-9\r\nIf-None-Match: " + tag + "\r\n").status, 304);
  const auto beyond = get(kPath, "Range: bytes=200000-\r\n");
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(field(beyond, "Content-Range"), "bytes */" + std::to_string(text.size()));
}

TEST_F(FilesTest, ABoundedNumberOfFilesIsOpenAtATime) {
  Files files(config_, clock_);
  Router router;
  files.add_to(router);
  Request request;
  const auto match =
      router.match(Method::kGet, "/store/assets/app-5f3a9c1e.js", request.parameters);
  ASSERT_NE(match.route, nullptr);
  runtime::Loop loop;
  runtime::Context context;
  const auto respond = [&] { return loop.run_until_done(match.route->handler(context, request)); };
  std::vector<Response> sending;
  while (sending.size() < Files::kMaxOpen) {
    sending.push_back(respond());
    ASSERT_EQ(sending.back().status, 200);
  }
  const auto refused = respond();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.find("retry-after"), "1");
  sending.pop_back();
  EXPECT_EQ(respond().status, 200);
}

TEST_F(FilesTest, AClientThatDoesNotReadLeavesFilesToOthers) {
  Files files(config_, clock_);
  Router router;
  files.add_to(router);
  Request request;
  const auto match =
      router.match(Method::kGet, "/store/assets/app-5f3a9c1e.js", request.parameters);
  runtime::Loop loop;
  runtime::Context context;
  const auto respond = [&](std::string_view client) {
    request.client = ClientNetwork(IpAddress::parse(client).value());
    return loop.run_until_done(match.route->handler(context, request));
  };
  std::vector<Response> unread;
  while (unread.size() < Files::kMaxOpenOfClient) {
    unread.push_back(respond("192.0.2.1"));
    ASSERT_EQ(unread.back().status, 200);
  }
  EXPECT_EQ(respond("192.0.2.1").status, 503);
  EXPECT_EQ(respond("192.0.2.2").status, 200);
  unread.pop_back();
  EXPECT_EQ(respond("192.0.2.1").status, 200);
}

TEST_F(FilesTest, AFileThatHasJustChangedHasAWeakTag) {
  std::ofstream(fs::path(config_.files.folder) / "robots.txt") << "x";
  EXPECT_THAT(field(get("/store/robots.txt"), "ETag"), testing::StartsWith("W/\""));
}

TEST_F(FilesTest, AtTheRootItLeavesOtherPathsAlone) {
  config_.files.at = "/";
  EXPECT_EQ(get("/").body, kPage);
  EXPECT_EQ(get("/robots.txt").status, 200);
  for (const auto* const path : {"/", "/store", "/a/b-c"}) EXPECT_TRUE(Files::can_serve_at(path));
  for (const auto* const path : {"", "store", "/store/", "/api", "/api/files", "/docs", "/healthz",
                                 "/{x}", "//", "/a//b", "/a/../b", "/a b"}) {
    EXPECT_FALSE(Files::can_serve_at(path)) << path;
  }
}

}  // namespace
}  // namespace souk::http
