#include "runtime/poller.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace souk::runtime {
namespace {

using boost::system::error_code;
using Event = Poller::Event;

// One end is watched; the test writes to the other.
class PollerTest : public testing::Test {
 protected:
  struct Pair {
    explicit Pair(Poller& poller) : watch(poller) {
      EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
      EXPECT_FALSE(watch.open(ends[0]));
    }
    ~Pair() {
      watch.close();
      for (const int end : ends) ::close(end);
    }
    void send(std::string_view bytes) const {
      EXPECT_EQ(::write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    }
    // A short read: it does not show whether the end of the stream follows.
    std::string receive() {
      watch.blocked(Event::kReadable);
      std::string bytes(64, '\0');
      bytes.resize(static_cast<std::size_t>(std::max(0L, ::read(ends[0], bytes.data(), 64))));
      return bytes;
    }
    // Until the socket refuses more.
    void fill() {
      while (::write(ends[0], "0123456789abcdef", 16) > 0) {
      }
      watch.blocked(Event::kWritable);
    }

    int ends[2] = {-1, -1};
    Poller::Watch watch;
  };

  std::unique_ptr<Pair> pair() { return std::make_unique<Pair>(Poller::of(io_)); }
  Poller::Done told() {
    return [this](error_code error) {
      ++told_;
      error_ = error;
    };
  }
  // Runs the loop until `told_` is that.
  void run_until(int told) {
    while (told_ < told) ASSERT_EQ(io_.run_one_for(std::chrono::seconds(20)), 1U);
  }

  boost::asio::io_context io_{1};
  int told_ = 0;
  error_code error_;
};

// The kernel reports both by one edge, of which a short read takes only the bytes.
TEST_F(PollerTest, TellsTheEndOfAStreamThatCameWithItsLastBytes) {
  auto one = pair();
  one->watch.on(Event::kReadable, told());
  one->send("last");
  ::shutdown(one->ends[1], SHUT_WR);
  run_until(1);
  EXPECT_EQ(one->receive(), "last");
  one->watch.on(Event::kReadable, told());
  run_until(2);
  EXPECT_EQ(one->receive(), "");
}

TEST_F(PollerTest, TellsWhatHappenedWhileNobodyWaited) {
  auto early = pair();
  auto late = pair();
  early->send("x");
  late->watch.on(Event::kReadable, told());
  late->send("x");
  run_until(1);
  early->watch.on(Event::kReadable, told());
  EXPECT_EQ(told_, 1) << "told by the call itself";
  run_until(2);
}

// As after a write of which the socket took a part, or a read that filled the buffer.
TEST_F(PollerTest, TellsAtOnceWhatLasts) {
  auto one = pair();
  one->send("x");
  for (const auto event : {Event::kWritable, Event::kReadable}) {
    const int before = told_;
    for (int i = 1; i <= 2; ++i) {
      one->watch.on(event, told());
      run_until(before + i);
    }
  }
}

TEST_F(PollerTest, TellsEachArrivalOnce) {
  auto one = pair();
  for (int arrival = 1; arrival <= 3; ++arrival) {
    one->watch.on(Event::kReadable, told());
    one->send("x");
    run_until(arrival);
    EXPECT_EQ(one->receive(), "x");
    io_.poll();
    EXPECT_EQ(told_, arrival);
  }
}

TEST_F(PollerTest, TellsWhenThereIsRoomToWriteAgain) {
  auto one = pair();
  for (int round = 1; round <= 2; ++round) {
    one->fill();
    one->watch.on(Event::kWritable, told());
    io_.poll();
    EXPECT_EQ(told_, round - 1) << "told while the socket is full";
    std::string bytes(1 << 20, '\0');
    while (::read(one->ends[1], bytes.data(), bytes.size()) > 0) {
    }
    run_until(round);
  }
}

TEST_F(PollerTest, EndsTheWaitsOfASocketThatIsClosed) {
  auto one = pair();
  one->watch.on(Event::kReadable, told());
  one->watch.on(Event::kReset, told());
  one->watch.close();
  EXPECT_EQ(told_, 0) << "told by the call itself";
  run_until(2);
  EXPECT_EQ(error_, boost::asio::error::operation_aborted);
  one->watch.on(Event::kReadable, told());
  run_until(3);
  EXPECT_EQ(error_, boost::asio::error::bad_descriptor);
}

TEST_F(PollerTest, ForgetsASocketThatAnotherOfTheSameBatchHasClosed) {
  auto a = pair();
  auto b = pair();
  const auto close_other = [&](std::unique_ptr<Pair>& other) {
    return [&](error_code) {
      ++told_;
      other.reset();
    };
  };
  a->watch.on(Event::kReadable, close_other(b));
  b->watch.on(Event::kReadable, close_other(a));
  a->send("x");
  b->send("x");
  run_until(1);
  io_.poll();
  EXPECT_EQ(told_, 2) << "the wait of the one that was closed ends too";
}

TEST_F(PollerTest, ServesMoreSocketsThanFitOneBatch) {
  constexpr int kSockets = 300;
  std::vector<std::unique_ptr<Pair>> pairs;
  for (int i = 0; i < kSockets; ++i) {
    pairs.push_back(pair());
    pairs.back()->watch.on(Event::kReadable, told());
    pairs.back()->send("x");
  }
  run_until(kSockets);
}

}  // namespace
}  // namespace souk::runtime
