#include "http/h1/request_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace souk::http::h1 {
namespace {

constexpr Limits kSmall{
    .max_start_line = 64, .max_header_bytes = 128, .max_headers = 4, .max_body_bytes = 32};

std::string describe(const RequestParser& parser, const Buffer& in) {
  Request request;
  parser.bind(in, request);
  std::string text = std::string(request.method_text) + '|' + std::string(request.path) + '|' +
                     std::string(request.query) + '|' + std::string(request.authority);
  for (const auto& [name, value] : request.headers) {
    text += '|' + std::string(name) + '=' + std::string(value);
  }
  return text + '|' + std::string(parser.body_so_far(in)) +
         (parser.keeps_alive() ? "|keep" : "|close");
}

// Feeds `wire` in the pieces that end at `cuts` and at its end. Yields what was read: a line for
// each message, and the status of the refusal if there was one; "..." where more is awaited.
std::string read_in_pieces(std::string_view wire, std::vector<std::size_t> cuts,
                           const Limits& limits) {
  RequestParser parser(limits);
  parser.start(0);
  Buffer in;
  std::string read;
  cuts.push_back(wire.size());
  std::size_t fed = 0;
  for (const auto cut : cuts) {
    in.append(wire.substr(fed, cut - fed));
    fed = cut;
    for (bool more = true; more;) {
      switch (parser.parse(in)) {
        case Event::kHead:
          break;
        case Event::kComplete:
          read += describe(parser, in) + '\n';
          parser.start(parser.end());
          break;
        case Event::kError:
          return read + std::to_string(parser.error().status);
        case Event::kNeedMore: {
          const auto served = parser.begin();
          in.consume(served);
          parser.shift(served);
          more = false;
        }
      }
    }
  }
  return in.empty() ? read : read + "...";
}

std::string read(std::string_view wire, const Limits& limits = kSmall) {
  return read_in_pieces(wire, {}, limits);
}

// A GET with these field lines, each ending with CRLF, beside Host.
std::string with_fields(std::string_view fields, std::string_view rest = "") {
  return "GET / HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n" + std::string(rest);
}

std::string chunked(std::string_view body) {
  return with_fields("Transfer-Encoding: chunked\r\n", body);
}

TEST(RequestLine, IsTakenApart) {
  EXPECT_EQ(read("GET /a/b?c=d&e HTTP/1.1\r\nHost: h:1\r\n\r\n"),
            "GET|/a/b|c=d&e|h:1|Host=h:1||keep\n");
  EXPECT_EQ(read("BREW /? HTTP/1.1\r\nHost:\r\n\r\n"), "BREW|/|||Host=||keep\n");
}

// RFC 9112 section 3: request line.
TEST(RequestLine, IsRefusedWhenItIsMalformed) {
  for (const std::string line : {"GET /",
                                 "GET  / HTTP/1.1",
                                 "GET /  HTTP/1.1",
                                 " GET / HTTP/1.1",
                                 "GET / HTTP/1.1 ",
                                 "GET /a b HTTP/1.1",
                                 "G(T / HTTP/1.1",
                                 "GET / http/1.1",
                                 "GET / HTTP/1",
                                 "GET / HTTP/11",
                                 "GET / HTTP/1.1x",
                                 "GET / HTTP/a.1",
                                 "GET /#f HTTP/1.1",
                                 "GET /\xC3\xA9 HTTP/1.1",
                                 "GET /\"x HTTP/1.1",
                                 "GET\t/ HTTP/1.1",
                                 "GET a HTTP/1.1",
                                 "GET * HTTP/1.1",
                                 "GET ftp://h/ HTTP/1.1",
                                 "GET http:/// HTTP/1.1",
                                 "GET http://u@h/ HTTP/1.1"}) {
    EXPECT_EQ(read(line + "\r\nHost: h\r\n\r\n"), "400") << line;
  }
}

TEST(RequestLine, OtherVersionsAreToldSo) {
  EXPECT_EQ(read("GET / HTTP/2.0\r\n\r\n"), "505");
  EXPECT_EQ(read("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "505");
  EXPECT_EQ(read("GET / HTTP/0.9\r\n\r\n"), "505");
  EXPECT_EQ(read("GET / HTTP/1.7\r\nHost: h\r\n\r\n"), "GET|/||h|Host=h||keep\n");
}

TEST(RequestLine, HasALimit) {
  const std::string path(64 - std::string_view("GET  HTTP/1.1").size(), '/');
  EXPECT_EQ(read("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n"),
            "GET|" + path + "||h|Host=h||keep\n");
  EXPECT_EQ(read("GET " + path + "/ HTTP/1.1\r\nHost: h\r\n\r\n"), "414");
  EXPECT_EQ(read("GET " + path + std::string(20, '/')), "414") << "noticed only when the line ends";
}

// Section 2.2: empty lines before a request, and nothing but CRLF ends a line.
TEST(RequestLine, ToleratesAFewEmptyLinesBeforeIt) {
  EXPECT_EQ(read("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"), "GET|/||h|Host=h||keep\n");
  EXPECT_EQ(read("\r\n\r\n\r\n\r\n\r\n"), "400");
}

TEST(Lines, EndWithCrLfAndNothingElse) {
  EXPECT_EQ(read("GET / HTTP/1.1\nHost: h\n\n"), "400");
  EXPECT_EQ(read("GET / HTTP/1.1\r\nHost: h\n\r\n"), "400");
  EXPECT_EQ(read("GET / HTTP/1.1\rHost: h\r\r"), "400");
  EXPECT_EQ(read(with_fields("A: b\rc\r\n")), "400");
  EXPECT_EQ(read("GET / HTTP/1.1\r\r\nHost: h\r\n\r\n"), "400");
  EXPECT_EQ(read("\n"), "400");
}

TEST(Lines, HoldNoControlCharacters) {
  for (int c = 0; c < 0x20; ++c) {
    if (c == '\t') continue;
    EXPECT_EQ(read(with_fields("A: b" + std::string(1, static_cast<char>(c)) + "c\r\n")), "400")
        << c;
  }
  EXPECT_EQ(read(with_fields("A: \x7f\r\n")), "400");
  EXPECT_EQ(read("\x16\x03\x01"), "400") << "a TLS client is told at its first byte";
}

// Section 3.2: request target and Host.
TEST(Target, AbsoluteFormOverridesHost) {
  EXPECT_EQ(read("GET http://a:80/p?q HTTP/1.1\r\nHost: b\r\n\r\n"),
            "GET|/p|q|a:80|Host=b||keep\n");
  EXPECT_EQ(read("GET HTTPS://a HTTP/1.1\r\nHost: b\r\n\r\n"), "GET|/||a|Host=b||keep\n");
  EXPECT_EQ(read("GET http://a?q HTTP/1.1\r\nHost: b\r\n\r\n"), "GET|/|q|a|Host=b||keep\n");
  EXPECT_EQ(read("OPTIONS http://a HTTP/1.1\r\nHost: b\r\n\r\n"), "OPTIONS|*||a|Host=b||keep\n");
}

TEST(Target, AsteriskFormIsForOptions) {
  EXPECT_EQ(read("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), "OPTIONS|*||h|Host=h||keep\n");
}

TEST(Target, ConnectIsReadAndLeftToTheRouter) {
  EXPECT_EQ(read("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n"), "CONNECT|h:1||h:1|Host=h:1||keep\n");
}

TEST(Host, IsThereOnceAndWellFormed) {
  EXPECT_EQ(read("GET / HTTP/1.1\r\n\r\n"), "400");
  EXPECT_EQ(read(with_fields("Host: h\r\n")), "400");
  EXPECT_EQ(read(with_fields("hOsT: i\r\n")), "400");
  EXPECT_EQ(read("GET http://a/ HTTP/1.1\r\n\r\n"), "400");
  for (const std::string host : {"a b", "u@h", "h/", "h?x", "\xC3\xA9"}) {
    EXPECT_EQ(read("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"), "400") << host;
  }
  EXPECT_EQ(read("GET / HTTP/1.0\r\n\r\n"), "GET|/||||close\n");
}

// Section 5: field syntax.
TEST(Fields, AreTrimmedAndMayBeEmpty) {
  EXPECT_EQ(read(with_fields("A: \t b c \t\r\nB:\r\nC:d\r\n")),
            "GET|/||h|Host=h|A=b c|B=|C=d||keep\n");
  EXPECT_EQ(read(with_fields("A: \xC3\xA9\tx\r\n")), "GET|/||h|Host=h|A=\xC3\xA9\tx||keep\n");
}

TEST(Fields, WithBadNamesAreRefused) {
  for (const std::string field : {"A : b", "A\t: b", ": b", "A", "A(B: c", "A B: c", "\"A\": b"}) {
    EXPECT_EQ(read(with_fields(field + "\r\n")), "400") << field;
  }
}

TEST(Fields, AreNotFolded) {
  EXPECT_EQ(read(with_fields("A: b\r\n c\r\n")), "400");
  EXPECT_EQ(read(with_fields("A: b\r\n\tc\r\n")), "400");
  EXPECT_EQ(read("GET / HTTP/1.1\r\n Host: h\r\n\r\n"), "400");
}

TEST(Fields, HaveLimits) {
  EXPECT_EQ(read(with_fields("A:\r\nB:\r\nC:\r\n")), "GET|/||h|Host=h|A=|B=|C=||keep\n");
  EXPECT_EQ(read(with_fields("A:\r\nB:\r\nC:\r\nD:\r\n")), "431");
  const auto just = "A:" + std::string(128 - 9 - 2, 'x');
  EXPECT_TRUE(read(with_fields(just + "\r\n")).ends_with("keep\n"));
  EXPECT_EQ(read(with_fields(just + "xxx\r\n")), "431");
  EXPECT_EQ(read("GET / HTTP/1.1\r\nA:" + std::string(200, 'x')), "431");
}

// Section 6: where a message ends.
TEST(ContentLength, FramesTheBody) {
  EXPECT_EQ(read(with_fields("Content-Length: 3\r\n", "abcGET / HTTP/1.1\r\nHost: h\r\n\r\n")),
            "GET|/||h|Host=h|Content-Length=3|abc|keep\nGET|/||h|Host=h||keep\n");
  EXPECT_EQ(read(with_fields("Content-Length: 3\r\n", "ab")), "...");
  EXPECT_EQ(read(with_fields("Content-Length: 00\r\n")),
            "GET|/||h|Host=h|Content-Length=00||keep\n");
}

TEST(ContentLength, IsOneNumber) {
  for (const std::string value : {"", "-1", "+1", "1,1", "1, 1", "1 1", "0x1", "1.0", "a", "1;",
                                  "18446744073709551616", "99999999999999999999999"}) {
    EXPECT_EQ(read(with_fields("Content-Length: " + value + "\r\n")), "400") << value;
  }
  EXPECT_EQ(read(with_fields("Content-Length: 1\r\nContent-Length: 1\r\n")), "400");
  EXPECT_EQ(read(with_fields("Content-Length: 1\r\ncontent-length: 2\r\n")), "400");
}

TEST(ContentLength, HasALimit) {
  EXPECT_EQ(read(with_fields("Content-Length: 33\r\n")), "413");
  EXPECT_EQ(read(with_fields("Content-Length: 18446744073709551615\r\n")), "413");
}

TEST(TransferEncoding, IsChunkedOnceOrRefused) {
  const std::string name = "Transfer-Encoding: ";
  EXPECT_EQ(read(with_fields(name + "ChunKed\r\n", "0\r\n\r\n")),
            "GET|/||h|Host=h|Transfer-Encoding=ChunKed||keep\n");
  for (const std::string value : {"gzip", "identity", "gzip, chunked", "chunk"}) {
    EXPECT_EQ(read(with_fields(name + value + "\r\n")), "501") << value;
  }
  for (const std::string value : {"", "chunked, gzip", "chunked, chunked", "chunked,", ",chunked",
                                  "chunked;a=b", "chunked x", "\"chunked\"", "x@y", "chunkedfoo"}) {
    EXPECT_EQ(read(with_fields(name + value + "\r\n")), "400") << value;
  }
  EXPECT_EQ(read(with_fields(name + "chunked\r\n" + name + "chunked\r\n")), "400");
  EXPECT_EQ(read(with_fields("Transfer-Encoding : chunked\r\n")), "400");
}

TEST(TransferEncoding, ExcludesContentLengthAndHttp10) {
  EXPECT_EQ(read(with_fields("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")), "400");
  EXPECT_EQ(read(with_fields("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")), "400");
  EXPECT_EQ(read("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), "400");
}

// Section 7.1: chunked.
TEST(Chunked, IsDecodedAndTheNextMessageFollows) {
  EXPECT_EQ(read(chunked("3\r\nabc\r\n00A;x=\"y\"\r\n0123456789\r\n0\r\n\r\n"
                         "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n")),
            "GET|/||h|Host=h|Transfer-Encoding=chunked|abc0123456789|keep\n"
            "GET|/2||h|Host=h||keep\n");
}

TEST(Chunked, TrailersAreCheckedAndDropped) {
  EXPECT_EQ(read(chunked("1\r\na\r\n0\r\nA: b\r\nContent-Length: 9\r\n\r\n")),
            "GET|/||h|Host=h|Transfer-Encoding=chunked|a|keep\n");
  EXPECT_EQ(read(chunked("0\r\nA : b\r\n\r\n")), "400");
  EXPECT_EQ(read(chunked("0\r\nA: b\r\n c\r\n\r\n")), "400");
  EXPECT_EQ(read(chunked("0\r\n" + std::string("A:\r\nB:\r\nC:\r\nD:\r\nE:\r\n") + "\r\n")), "431");
  EXPECT_EQ(read(chunked("0\r\nA: " + std::string(200, 'x'))), "431");
}

TEST(Chunked, BadSizesAreRefused) {
  for (const std::string size : {"", "g", "-1", "+1", "0x1", " 1", "1 ", "1\t", "1,", "1 ;x",
                                 "11111111111111111", "FFFFFFFFFFFFFFFFF"}) {
    EXPECT_EQ(read(chunked(size + "\r\na\r\n0\r\n\r\n")), "400") << size;
  }
  EXPECT_EQ(read(chunked("1\na\r\n0\r\n\r\n")), "400");
}

TEST(Chunked, AChunkIsAsLongAsItSays) {
  EXPECT_EQ(read(chunked("1\r\nab\r\n0\r\n\r\n")), "400");
  EXPECT_EQ(read(chunked("2\r\na\r\n0\r\n\r\n")), "400");
  EXPECT_EQ(read(chunked("1\r\na\n0\r\n\r\n")), "400");
  EXPECT_EQ(read(chunked("1\r\na\rx")), "400");
}

TEST(Chunked, HasLimits) {
  EXPECT_EQ(read(chunked("20\r\n" + std::string(32, 'x') + "\r\n0\r\n\r\n")).size(), 80u);
  EXPECT_EQ(read(chunked("21\r\n")), "413");
  EXPECT_EQ(read(chunked("1F\r\n" + std::string(31, 'x') + "\r\n2\r\n")), "413");
  EXPECT_EQ(read(chunked("FFFFFFFFFFFFFFFF\r\n")), "413");
  EXPECT_EQ(read(chunked("1;" + std::string(300, 'x'))), "400");
}

TEST(Chunked, ExtensionsAreLimitedInAll) {
  const Limits roomy;
  std::string body;
  const auto extension = ';' + std::string(200, 'x');
  for (std::size_t used = 0; used <= kMaxChunkExtensionBytes; used += extension.size()) {
    body += "1" + extension + "\r\na\r\n";
  }
  EXPECT_EQ(read(chunked(body + "0\r\n\r\n"), roomy), "400");
}

// Section 9.3: persistence.
TEST(Connection, PersistsAsTheVersionAndTheFieldSay) {
  EXPECT_TRUE(read(with_fields("Connection: x, Close\r\n")).ends_with("|close\n"));
  EXPECT_TRUE(read(with_fields("Connection: keep-alive\r\n")).ends_with("|keep\n"));
  EXPECT_TRUE(read("GET / HTTP/1.0\r\n\r\n").ends_with("|close\n"));
  EXPECT_TRUE(read("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").ends_with("|keep\n"));
  EXPECT_TRUE(
      read("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n").ends_with("|close\n"));
}

// RFC 9110 section 10.1.1.
TEST(Expect, OnlyContinueIsKnown) {
  EXPECT_EQ(read(with_fields("Expect: 200-ok\r\n")), "417");
  EXPECT_EQ(read(with_fields("Expect: 100-Continue\r\n")),
            "GET|/||h|Host=h|Expect=100-Continue||keep\n");
  Buffer in;
  in.append("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  RequestParser parser(kSmall);
  parser.start(0);
  EXPECT_EQ(parser.parse(in), Event::kHead);
  EXPECT_TRUE(parser.expects_continue());
  EXPECT_EQ(parser.parse(in), Event::kNeedMore);
}

TEST(Limits, OfTheBodyMayBeSetForOneMessage) {
  Buffer in;
  in.append(with_fields("Content-Length: 40\r\n", std::string(40, 'x')));
  in.append(with_fields("Content-Length: 40\r\n", std::string(40, 'x')));
  RequestParser parser(kSmall);
  parser.start(0);
  EXPECT_EQ(parser.parse(in), Event::kHead);
  parser.set_max_body_bytes(40);
  EXPECT_EQ(parser.parse(in), Event::kComplete);
  parser.start(parser.end());
  EXPECT_EQ(parser.parse(in), Event::kHead);
  EXPECT_EQ(parser.parse(in), Event::kError);
  EXPECT_EQ(parser.error().status, 413);
}

TEST(Limits, BelowWhatWasTakenOfAChunkedBodyAllowNoMore) {
  Buffer in;
  in.append(chunked("14\r\n" + std::string(20, 'x') + "\r\n"));
  RequestParser parser({.max_body_bytes = 32});
  parser.start(0);
  ASSERT_EQ(parser.parse(in), Event::kHead);
  ASSERT_EQ(parser.parse(in), Event::kNeedMore);
  parser.drop_body(in);
  parser.set_max_body_bytes(10);
  in.append("1\r\n");
  EXPECT_EQ(parser.parse(in), Event::kError);
  EXPECT_EQ(parser.error().status, 413);
}

const std::vector<std::string>& corpus() {
  static const std::vector<std::string> kCorpus = {
      "GET /a?b HTTP/1.1\r\nHost: h\r\n\r\nGET /c HTTP/1.0\r\n\r\n",
      "\r\nGET http://a/ HTTP/1.1\r\nHost: h\r\n\r\n",
      with_fields("Content-Length: 5\r\nA: \tb\r\n", "01234GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
      chunked("3;e\r\nabc\r\n2\r\nde\r\n0\r\nT: u\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
      chunked("3\r\nabc\r\n2\r\ndef\r\n0\r\n\r\n"),
      chunked("21\r\n"),
      chunked("0\r\n\tA: b\r\n\r\n"),
      "GET / HTTP/1.1\r\nHost: h\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\r\n",
      "GET /" + std::string(70, 'x') + "\x01 HTTP/1.1\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(150, 'x') + "\r\n\x01",
      with_fields("A:\r\nB:\r\nC:\r\nD:\r\n"),
      with_fields("Content-Length: 2\r\nContent-Length: 3\r\n", "abc"),
      "GET / HTTP/3.1\r\n\r\n",
      "\x16\x03",
  };
  return kCorpus;
}

TEST(Splitting, AtAnyByteChangesNothing) {
  for (const auto& wire : corpus()) {
    const auto whole = read(wire);
    for (std::size_t cut = 1; cut < wire.size(); ++cut) {
      EXPECT_EQ(read_in_pieces(wire, {cut}, kSmall), whole) << wire << "\ncut at " << cut;
    }
  }
}

TEST(Splitting, IntoSingleBytesOrAtAnyTwoChangesNothing) {
  for (const auto& wire : corpus()) {
    const auto whole = read(wire);
    std::vector<std::size_t> everywhere;
    for (std::size_t cut = 1; cut < wire.size(); ++cut) everywhere.push_back(cut);
    EXPECT_EQ(read_in_pieces(wire, everywhere, kSmall), whole) << wire;
    for (std::size_t first = 1; first < wire.size(); first += 3) {
      for (std::size_t second = first + 1; second < wire.size(); second += 2) {
        ASSERT_EQ(read_in_pieces(wire, {first, second}, kSmall), whole) << wire;
      }
    }
  }
}

}  // namespace
}  // namespace souk::http::h1
