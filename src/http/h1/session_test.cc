#include "http/h1/session.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "http/metrics.h"
#include "http/test_body_source.h"
#include "runtime/scope.h"

namespace souk::http::h1 {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::size_t kMaxBody = 1024 * 1024;
constexpr std::string_view kInvitation = "HTTP/1.1 100 Continue\r\n\r\n";

// A session without a socket: feeds bytes, answers as configured, and keeps what is sent.
class Peer final {
 public:
  // How the body is read before the answer.
  enum class Reads : std::uint8_t { kWhole, kPieces, kNothing };

  explicit Peer(Reads reads = Reads::kWhole) : reads_(reads) {}
  ~Peer() {
    session_.reset();
    EXPECT_FALSE(bodies_.awaited()) << "a body is still waited for";
  }

  // Read a second after what was fed before.
  void feed(std::string_view bytes) {
    now_ += std::chrono::seconds(1);
    while (!bytes.empty() && session_->takes_input()) {
      const auto room = session_->input();
      const auto n = std::min(room.size(), bytes.size());
      std::memcpy(room.data(), bytes.data(), n);
      bytes.remove_prefix(n);
      session_->received(n, now_);
      go_on();
    }
    unfed_ = bytes.size();
  }
  void end() {
    session_->input_ended();
    go_on();
  }
  // All pending output; the date is fixed.
  std::string sent() {
    std::string all;
    if (auto* const out = session_->pending()) {
      Output::Pieces pieces;
      while (!out->empty()) {
        std::size_t size = 0;
        for (const auto& [base, length] : out->pieces(pieces)) {
          all.append(static_cast<const char*>(base), length);
          size += length;
        }
        out->sent(size);
      }
    }
    return all;
  }

  http::Session& session() { return *session_; }
  Exchange* held() const { return held_; }
  std::size_t unfed() const { return unfed_; }
  const std::string& seen() const { return seen_; }
  // Of the requests that were answered, which feed() brought each one's first byte, from 1.
  const std::vector<std::int64_t>& arrivals() const { return arrivals_; }
  std::size_t largest_piece() const { return largest_piece_; }
  ServerConfig& config() { return config_; }
  // From now on requests are handed out and not answered.
  void hold() { holds_ = true; }
  void answer_held(Response response = text(200, "held")) {
    held_->response = std::move(response);
    session_->respond(*std::exchange(held_, nullptr));
    holds_ = false;
    go_on();
  }
  void go_on() {
    bodies_.arrived();
    while (!session_->is_full()) {
      auto* const exchange = session_->next();
      if (exchange == nullptr) return;
      if (holds_) {
        held_ = exchange;
        return;
      }
      bodies_.read(*exchange);
      scope_.spawn(answer(*exchange));
    }
  }

 private:
  runtime::Task<void> answer(Exchange& exchange) {
    const auto& request = exchange.request;
    arrivals_.push_back(
        std::chrono::floor<std::chrono::seconds>(exchange.arrived.time_since_epoch()).count());
    seen_.append(request.method_text).append(" ").append(request.target).append(" ");
    Refusal refusal;
    if (reads_ != Reads::kNothing && !exchange.body.fits(kMaxBody)) refusal = {413, "large"};
    if (reads_ != Reads::kNothing && !refusal) exchange.body.want(kMaxBody);
    if (!refusal && reads_ == Reads::kWhole) {
      const auto body = co_await exchange.body.gather();
      if (body) seen_.append(*body);
      if (!body) refusal = body.error();
    } else if (!refusal && reads_ == Reads::kPieces) {
      for (;;) {
        const auto piece = co_await exchange.body.next();
        if (!piece) refusal = piece.error();
        if (!piece || piece->empty()) break;
        largest_piece_ = std::max(largest_piece_, piece->size());
        seen_.append(*piece);
      }
    }
    seen_ += '\n';
    exchange.response = refusal ? text(refusal.status, std::string(refusal.detail))
                                : text(200, std::string(request.path));
    session_->respond(exchange);
  }

  const Reads reads_;
  ServerConfig config_;
  ManualClock clock_{Timestamp{}};
  telemetry::Registry registry_;
  Router router_;
  Metrics metrics_{registry_, router_};
  Protocol protocol_{config_, metrics_, clock_};
  runtime::Loop loop_;
  runtime::Scope scope_{loop_};
  std::unique_ptr<http::Session> session_ = protocol_.open();
  test::TestBodySource bodies_{*session_};
  http::Session::Time now_{};
  std::vector<std::int64_t> arrivals_;
  bool holds_ = false;
  Exchange* held_ = nullptr;
  std::size_t unfed_ = 0;
  std::size_t largest_piece_ = 0;
  std::string seen_;
};

std::string get(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n\r\n";
}
std::string post(std::string_view fields, std::string_view body = "") {
  return "POST /p HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

TEST(Session, SaysTheSameWhereverItsInputIsSplit) {
  const auto wire =
      get("/a") + post("Content-Length: 5\r\n", "12345") +
      post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n") +
      "HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n" + post("Content-Length: 0\r\n") +
      "GET /end HTTP/1.0\r\n\r\n";
  for (const auto reads : {Peer::Reads::kWhole, Peer::Reads::kPieces, Peer::Reads::kNothing}) {
    Peer whole(reads);
    whole.feed(wire);
    const auto seen = whole.seen();
    const auto sent = whole.sent();
    EXPECT_EQ(std::ranges::count(seen, '\n'), 6) << seen;
    EXPECT_TRUE(whole.session().closing());
    for (std::size_t split = 1; split < wire.size(); ++split) {
      Peer peer(reads);
      peer.feed(std::string_view(wire).substr(0, split));
      peer.feed(std::string_view(wire).substr(split));
      ASSERT_EQ(peer.seen(), seen) << split;
      ASSERT_EQ(peer.sent(), sent) << split;
    }
    Peer bytewise(reads);
    for (const char byte : wire) bytewise.feed({&byte, 1});
    EXPECT_EQ(bytewise.seen(), seen);
    EXPECT_EQ(bytewise.sent(), sent);
  }
}

TEST(Session, RefusesTheSameWhereverItsInputIsSplit) {
  for (const std::string& wire :
       {std::string("nonsense\r\n\r\n"), get("/a") + "GET / HTTP/1.1\r\n\r\n",
        post("Transfer-Encoding: chunked\r\n", "2\r\nabcd"),
        post("Content-Length: 2097152\r\n", std::string(100, 'x'))}) {
    Peer whole;
    whole.feed(wire);
    const auto sent = whole.sent();
    EXPECT_THAT(sent, HasSubstr("HTTP/1.1 4"));
    EXPECT_THAT(sent, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_TRUE(whole.session().closing());
    for (std::size_t split = 1; split < wire.size(); ++split) {
      Peer peer;
      peer.feed(std::string_view(wire).substr(0, split));
      peer.feed(std::string_view(wire).substr(split));
      ASSERT_EQ(std::string(peer.sent()).substr(0, 12), sent.substr(0, 12)) << split;
      ASSERT_TRUE(peer.session().closing()) << split;
    }
  }
}

TEST(Session, HandsOutARequestWhenTheOneBeforeItIsAnswered) {
  Peer peer;
  peer.hold();
  peer.feed(get("/first") + get("/second"));
  ASSERT_NE(peer.held(), nullptr);
  EXPECT_EQ(peer.held()->request.path, "/first");
  EXPECT_EQ(peer.session().phase(), http::Session::Phase::kBusy);
  EXPECT_EQ(peer.session().next(), nullptr);
  EXPECT_EQ(peer.seen(), "");
  peer.answer_held();
  EXPECT_EQ(peer.seen(), "GET /second \n");
  EXPECT_EQ(peer.session().phase(), http::Session::Phase::kIdle);
}

// Measured from the complete head, a latency omits the time that a client waits for the rest to be
// read and for the answers before its own.
TEST(Session, ARequestArrivesWithItsFirstByte) {
  Peer peer;
  const auto first = get("/first");
  const auto third = get("/third");
  peer.feed(first.substr(0, 1));
  peer.feed(first.substr(1, 9));
  peer.feed(first.substr(10) + get("/second") + third.substr(0, 1));
  peer.feed(third.substr(1));
  peer.feed(get("/fourth"));
  EXPECT_THAT(peer.arrivals(), ElementsAre(1, 3, 3, 5));
}

TEST(Session, ARequestArrivesWithItsFirstByteWhileTheOneBeforeItIsAnswered) {
  Peer peer;
  const auto third = get("/third");
  peer.hold();
  peer.feed(get("/first"));
  peer.feed(get("/second"));
  peer.feed(third.substr(0, 5));
  peer.feed(third.substr(5));
  peer.answer_held();
  EXPECT_THAT(peer.arrivals(), ElementsAre(2, 3));
}

TEST(Session, ARequestArrivesWithItsFirstByteBehindABodyThatNobodyRead) {
  Peer peer(Peer::Reads::kNothing);
  peer.feed("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 30000\r\n\r\n");
  peer.feed(std::string(10'000, 'x'));
  peer.feed(std::string(10'000, 'x'));
  peer.feed(std::string(10'000, 'x') + "G");
  peer.feed(get("/second").substr(1));
  EXPECT_THAT(peer.arrivals(), ElementsAre(1, 4));
}

TEST(Session, OfManyReadsWhileARequestIsAnsweredTheLastOnesAreKnown) {
  Peer peer;
  const auto second = get("/second");
  peer.hold();
  peer.feed(get("/first"));
  for (const char c : second) peer.feed({&c, 1});
  peer.answer_held();
  const auto feeds = static_cast<std::int64_t>(1 + second.size());
  EXPECT_THAT(peer.arrivals(), ElementsAre(feeds - (static_cast<int>(ReadTimes::kReads) - 1)));
}

// The bug: one client that did not read its answers had two gigabytes of requests in memory.
TEST(Session, RequestsAreNotReadWhileTheAnswersBeforeThemAreNot) {
  Peer peer;
  std::string requests;
  while (requests.size() < 1'000'000) requests += get("/first");
  peer.feed(requests);
  EXPECT_FALSE(peer.session().takes_input());
  const auto left = peer.unfed();
  EXPECT_GT(left, 900'000u);
  peer.sent();
  peer.go_on();
  EXPECT_TRUE(peer.session().takes_input());
  peer.feed(requests.substr(requests.size() - left));
  EXPECT_LT(peer.unfed(), left);
}

TEST(Session, WhatAnExchangeBorrowsStaysWhereItIsWhileMoreArrives) {
  Peer peer;
  peer.hold();
  peer.feed(get("/first"));
  const auto path = peer.held()->request.path;
  const auto* const where = path.data();
  peer.feed(std::string(1'000'000, 'x'));
  EXPECT_EQ(peer.held()->request.path.data(), where);
  EXPECT_EQ(path, "/first");
  EXPECT_FALSE(peer.session().takes_input());
  EXPECT_GT(peer.unfed(), 980'000u) << "more is held than one buffer";
  peer.answer_held();
}

TEST(Session, InvitesAClientOnlyWhenItsBodyIsWanted) {
  Peer refused(Peer::Reads::kNothing);
  refused.feed(post("Expect: 100-continue\r\nContent-Length: 2\r\n"));
  const auto answer = refused.sent();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  Peer invited;
  invited.feed(post("Expect: 100-continue\r\nContent-Length: 2\r\n"));
  EXPECT_EQ(invited.sent(), kInvitation);
  invited.feed("o");
  invited.feed("k");
  EXPECT_EQ(invited.seen(), "POST /p ok\n");
  EXPECT_THAT(invited.sent(), Not(HasSubstr("close")));
}

TEST(Session, ABodyThatNobodyReadsIsDroppedIfItIsShort) {
  Peer peer(Peer::Reads::kNothing);
  const std::string body(kMaxDiscardedBytes, 'x');
  peer.feed(post("Content-Length: " + std::to_string(body.size()) + "\r\n"));
  EXPECT_THAT(peer.sent(), Not(HasSubstr("close")));
  EXPECT_EQ(peer.session().phase(), http::Session::Phase::kHead);
  peer.feed(body + get("/next"));
  EXPECT_EQ(peer.seen(), "POST /p \nGET /next \n");
  EXPECT_FALSE(peer.session().closing());
}

TEST(Session, ALongBodyThatNobodyReadsEndsTheConnection) {
  Peer announced(Peer::Reads::kNothing);
  announced.feed(post("Content-Length: 65537\r\n"));
  EXPECT_THAT(announced.sent(), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_FALSE(announced.session().takes_input());
  Peer chunked(Peer::Reads::kNothing);
  chunked.feed(post("Transfer-Encoding: chunked\r\n"));
  EXPECT_FALSE(chunked.session().closing());
  chunked.feed("10001\r\n");
  EXPECT_TRUE(chunked.session().closing());
}

TEST(Session, ABodyThatIsWaitedForHoldsNoMoreThanOneBuffer) {
  for (const std::string& fields : {std::string("Content-Length: 1000000\r\n"),
                                    std::string("Transfer-Encoding: chunked\r\n")}) {
    Peer peer;
    peer.hold();
    peer.feed(post(fields, fields.starts_with('T') ? "f4240\r\n" : ""));
    peer.feed(std::string(1'000'000, 'x'));
    EXPECT_GT(peer.unfed(), 980'000u);
    peer.answer_held();
  }
}

TEST(Session, ABodyComesWholeOrInPieces) {
  std::string chunked;
  std::string body;
  for (int i = 0; i < 200; ++i) {
    const std::string chunk(1000 + i, static_cast<char>('a' + i % 26));
    body += chunk;
    chunked += fmt::format("{:x}\r\n", chunk.size()) + chunk + "\r\n";
  }
  chunked += "0\r\n\r\n";
  for (const auto reads : {Peer::Reads::kWhole, Peer::Reads::kPieces}) {
    Peer peer(reads);
    peer.feed(post("Transfer-Encoding: chunked\r\n", chunked));
    peer.feed(post("Content-Length: " + std::to_string(body.size()) + "\r\n", body));
    EXPECT_EQ(peer.seen(), fmt::format("POST /p {0}\nPOST /p {0}\n", body));
    EXPECT_LE(peer.largest_piece(), IncomingBody::kWindowBytes + 20'000);
    EXPECT_EQ(peer.session().phase(), http::Session::Phase::kIdle);
  }
}

TEST(Session, ABodyLargerThanItsRouteAllowsIsRefusedHoweverItIsFramed) {
  Peer peer;
  std::string chunked;
  for (int i = 0; i < 65; ++i) chunked += "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
  peer.feed(post("Transfer-Encoding: chunked\r\n", chunked));
  EXPECT_THAT(peer.sent(), StartsWith("HTTP/1.1 413 "));
  EXPECT_TRUE(peer.session().closing());
}

TEST(Session, AClientThatEndsItsSideIsAskedWhetherItStillReads) {
  Peer peer;
  peer.hold();
  peer.feed(get("/slow"));
  peer.end();
  EXPECT_EQ(peer.sent(), kInvitation);
  peer.answer_held();
  EXPECT_THAT(peer.sent(), EndsWith("\r\n\r\nheld"));
  Peer old;  // HTTP/1.0 has no interim responses
  old.hold();
  old.feed("GET /slow HTTP/1.0\r\n\r\n");
  old.end();
  EXPECT_EQ(old.sent(), "");
  old.answer_held();
}

TEST(Session, ABodyThatEndsWithItsConnectionIsNoBody) {
  Peer peer;
  peer.feed(post("Content-Length: 5\r\n", "123"));
  peer.end();
  EXPECT_THAT(peer.sent(), StartsWith("HTTP/1.1 400 "));
  EXPECT_TRUE(peer.session().closing());
}

TEST(Session, AStreamIsFramedAsItsClientUnderstandsIt) {
  class Stream final : public BodyStream {
   public:
    explicit Stream(std::optional<std::uint64_t> length) : length_(length) {}
    runtime::Task<bool> next(Buffer&) override { co_return false; }
    std::optional<std::uint64_t> length() const override { return length_; }

   private:
    std::optional<std::uint64_t> length_;
  };
  const auto send = [](std::string_view request, std::optional<std::uint64_t> length,
                       std::initializer_list<std::string_view> pieces, bool good) {
    Peer peer;
    peer.hold();
    peer.feed(request);
    auto& exchange = *peer.held();
    exchange.response = stream(200, "text/csv", std::make_unique<Stream>(length));
    EXPECT_TRUE(peer.session().respond(exchange));
    bool kept = true;
    for (const auto piece : pieces) kept = kept && peer.session().send_piece(exchange, piece);
    EXPECT_EQ(kept && peer.session().finish(exchange), good);
    return peer.sent();
  };
  EXPECT_THAT(send(get("/"), std::nullopt, {"abc", "de"}, true),
              EndsWith("\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  EXPECT_THAT(send(get("/"), 5, {"abc", "de"}, true), EndsWith("\r\n\r\nabcde"));
  EXPECT_THAT(send("GET / HTTP/1.0\r\n\r\n", std::nullopt, {"abc"}, true), EndsWith("\r\n\r\nabc"));
  send(get("/"), 4, {"abc", "de"}, false);
  send(get("/"), 6, {"abc", "de"}, false);
}

TEST(Session, ALateHeadIsAnsweredAndALateRestOfABodyIsNot) {
  Peer peer;
  peer.feed("GET / HT");
  EXPECT_EQ(peer.session().phase(), http::Session::Phase::kHead);
  peer.session().late();
  EXPECT_THAT(peer.sent(), StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(peer.session().closing());
  Peer dropping(Peer::Reads::kNothing);
  dropping.feed(post("Content-Length: 5\r\n"));
  dropping.sent();
  dropping.session().late();
  EXPECT_EQ(dropping.sent(), "");
  EXPECT_TRUE(dropping.session().closing());
}

TEST(Session, ADrainEndsItWithTheResponseThatIsDue) {
  Peer peer;
  peer.hold();
  peer.feed(get("/a") + get("/b"));
  peer.session().drain({});
  peer.answer_held();
  EXPECT_THAT(peer.sent(), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_EQ(peer.seen(), "");
}

}  // namespace
}  // namespace souk::http::h1
