#include "runtime/poller.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

namespace souk::runtime {
namespace {

using boost::system::error_code;

constexpr std::uint32_t kReadableBits = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr std::uint32_t kWritableBits = EPOLLOUT | EPOLLHUP | EPOLLERR;
constexpr std::uint32_t kResetBits = EPOLLHUP | EPOLLERR;
constexpr std::uint32_t kEndBits = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

int open_set() {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return set;
}

}  // namespace

Poller::Poller(boost::asio::io_context& io) : service(io), io_(io), set_(io, open_set()) { wait(); }

Poller::~Poller() = default;

void Poller::shutdown() {
  error_code ignored;
  set_.close(ignored);
}

void Poller::wait() {
  set_.async_wait(boost::asio::posix::descriptor_base::wait_read, [this](error_code error) {
    if (!error) report();
  });
}

// A watch that is closed meanwhile is removed from the rest of the batch.
void Poller::report() {
  const int count = ::epoll_wait(set_.native_handle(), batch_.data(), kBatch, 0);
  wait();
  for (unreported_ = std::span(batch_).first(static_cast<std::size_t>(std::max(count, 0)));
       !unreported_.empty();) {
    const auto event = unreported_.front();
    unreported_ = unreported_.subspan(1);
    if (event.data.ptr != nullptr) static_cast<Watch*>(event.data.ptr)->happened(event.events);
  }
}

error_code Poller::Watch::open(int fd) {
  fd_ = fd;
  ready_ = bit(Event::kWritable);
  ended_ = false;
  registered_ = EPOLLIN | EPOLLRDHUP | EPOLLET;
  if (modify(EPOLL_CTL_ADD, registered_)) return {};
  fd_ = -1;
  return {errno, boost::system::system_category()};
}

bool Poller::Watch::modify(int operation, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = this}};
  return ::epoll_ctl(poller_.set_.native_handle(), operation, fd_, &event) == 0;
}

void Poller::Watch::close() {
  cancel();
  forget();
}

void Poller::Watch::forget() {
  if (fd_ < 0) return;
  ::epoll_ctl(poller_.set_.native_handle(), EPOLL_CTL_DEL, fd_, nullptr);
  fd_ = -1;
  for (auto& event : poller_.unreported_) {
    if (event.data.ptr == this) event.data.ptr = nullptr;
  }
}

void Poller::Watch::on(Event event, Done done) {
  const bool is_ready =
      (ready_ & bit(event)) != 0 || (ended_ && event == Event::kReadable) || fd_ < 0;
  if (is_ready) {
    if (event == Event::kReset) blocked(event);
    const auto error = fd_ < 0 ? error_code(boost::asio::error::bad_descriptor) : error_code();
    return boost::asio::post(poller_.io_, [done = std::move(done), error] { done(error); });
  }
  waiting(event) = std::move(done);
  // Few sockets ever refuse a write. The change reports the present state.
  if (event == Event::kWritable && (registered_ & EPOLLOUT) == 0) {
    registered_ |= EPOLLOUT;
    modify(EPOLL_CTL_MOD, registered_);
  }
}

void Poller::Watch::cancel() {
  for (auto& done : waiting_) {
    if (!done) continue;
    boost::asio::post(poller_.io_, [done = std::exchange(done, nullptr)] {
      done(boost::asio::error::operation_aborted);
    });
  }
}

// The first callback may destroy this watch, or change what it waits for: the others are posted.
void Poller::Watch::happened(std::uint32_t events) {
  ended_ = ended_ || (events & kEndBits) != 0;
  constexpr std::array<std::pair<Event, std::uint32_t>, kEvents> kBits = {
      {{Event::kReset, kResetBits},
       {Event::kWritable, kWritableBits},
       {Event::kReadable, kReadableBits}}};
  Done first;
  for (const auto& [event, bits] : kBits) {
    if ((events & bits) == 0) continue;
    auto done = std::exchange(waiting(event), nullptr);
    if (!done || event != Event::kReset) ready_ |= bit(event);
    if (!done) continue;
    if (!first) {
      first = std::move(done);
    } else {
      boost::asio::post(poller_.io_, [done = std::move(done)] { done({}); });
    }
  }
  if (first) first({});
}

}  // namespace souk::runtime
