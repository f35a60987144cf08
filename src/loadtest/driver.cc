#include "loadtest/driver.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <queue>
#include <system_error>

#include "http/h1/response_parser.h"
#include "runtime/tls/stream.h"

namespace souk::loadtest {
namespace {

using Clock = std::chrono::steady_clock;
using http::h1::Event;
using IoStatus = runtime::Io::Status;
using http::h1::ResponseParser;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kRetainedBytes = 256 * 1024;  // in a spare buffer
constexpr int kEventsPerWait = 256;
constexpr std::chrono::milliseconds kLongestWait{100};  // notices a stop in time
constexpr std::chrono::milliseconds kSweepInterval{100};

ErrorKind kind_of(int error) {
  switch (error) {
    case ECONNREFUSED:
      return ErrorKind::kRefused;
    case ECONNRESET:
    case EPIPE:
      return ErrorKind::kReset;
    case ETIMEDOUT:
      return ErrorKind::kTimeout;
    default:
      return ErrorKind::kNetwork;
  }
}

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

struct User {
  User(const Workload& workload, std::uint32_t number) : shopper(workload, number) {}

  Shopper shopper;
  Descriptor socket;
  std::unique_ptr<runtime::TlsStream> tls;  // null: plain text
  bool arrived = false;
  bool connected = false;  // the TLS handshake included
  bool waiting = false;    // for the answer to a request
  Endpoint endpoint{};
  SteadyTime intended;  // when the request should have been sent
  SteadyTime begun;     // when it was sent
  std::string unsent;   // bytes not sent yet; nearly always empty
  ResponseParser parser;
  Buffer input;  // a spare buffer, while an answer is incomplete
};

struct Due {
  SteadyTime time;
  std::uint32_t user;
  friend bool operator>(const Due& a, const Due& b) { return a.time > b.time; }
};

}  // namespace

class Driver::Engine {
 public:
  Engine(const Run& run, std::size_t thread, Recorder& recorder);
  void run();
  const std::vector<Acknowledged>& acknowledged() const { return acknowledged_; }

 private:
  bool ended(SteadyTime now) const {
    return now >= end_ || run_.stop.load(std::memory_order_relaxed);
  }
  SteadyTime wake_time() const;
  void wait_until(SteadyTime time);
  void start_what_is_due(SteadyTime now);
  void take_arrivals(SteadyTime now);
  void give_up_unsent(SteadyTime now);
  void count_unsent(SteadyTime intended, SteadyTime now);
  void sweep(SteadyTime now);

  void begin(User& user, SteadyTime intended);
  bool connect(User& user);
  void flush(User& user);
  void on_event(User& user, std::uint32_t events);
  bool on_connected(User& user);
  runtime::Io receive(User& user, char* to, std::size_t size);
  runtime::Io send(User& user);
  void read(User& user, bool peer_closed);
  void on_failed_read(User& user, ErrorKind kind);
  void on_end_of_stream(User& user);
  void parse(User& user);
  Buffer take_buffer();
  void give_back(Buffer& buffer);
  void finish(User& user);
  void note_outcome(User& user, Outcome outcome);
  void fail(User& user, ErrorKind kind);
  void rest(User& user, std::chrono::nanoseconds at_least);
  void disconnect(User& user);

  std::uint32_t index_of(const User& user) const {
    return static_cast<std::uint32_t>(&user - users_.data());
  }

  const Run& run_;
  Recorder& recorder_;
  SteadyTime end_;
  SteadyTime steady_from_;
  SteadyTime next_sweep_;
  Descriptor epoll_;
  std::vector<User> users_;
  std::size_t in_flight_ = 0;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;  // users that think or pause
  std::optional<ArrivalSchedule> arrivals_;                         // open model
  SteadyTime next_arrival_ = SteadyTime::max();
  std::deque<SteadyTime> backlog_;  // arrivals without a free connection
  std::deque<std::uint32_t> free_users_;
  SeededRandom random_;
  Buffer request_;
  std::vector<Buffer> spare_;
  std::vector<Acknowledged> acknowledged_;
};

Driver::Engine::Engine(const Run& run, std::size_t thread, Recorder& recorder)
    : run_(run),
      recorder_(recorder),
      end_(run.start + run.plan.duration),
      steady_from_(run.start + run.plan.ramp_up),
      next_sweep_(run.start),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      random_(run.plan.seed ^ (0xd1b54a32d192ed03 * (thread + 1))) {
  if (!epoll_.is_open()) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  const auto& plan = run.plan;
  users_.reserve(plan.users / plan.threads + 1);
  for (std::size_t number = thread; number < plan.users; number += plan.threads) {
    const auto share = static_cast<double>(number) / static_cast<double>(plan.users);
    // Users think before their first request, so that they do not all start together.
    const auto arrival = std::chrono::round<std::chrono::nanoseconds>(share * plan.ramp_up) +
                         think(plan.think_time, random_);
    due_.push({run.start + arrival, static_cast<std::uint32_t>(users_.size())});
    users_.emplace_back(run.workload, static_cast<std::uint32_t>(number));
  }
  if (plan.open) {
    const auto threads = static_cast<double>(plan.threads);
    arrivals_.emplace(run.start, plan.open->rate_per_second / threads, plan.ramp_up,
                      plan.open->spacing, static_cast<double>(thread) / threads, random_.next64());
    next_arrival_ = arrivals_->next();
  }
}

void Driver::Engine::run() {
  for (;;) {
    const auto now = Clock::now();
    if (!ended(now)) {
      start_what_is_due(now);
    } else {
      give_up_unsent(now);
      if (in_flight_ == 0) return;
    }
    if (now >= next_sweep_) sweep(now);
    wait_until(wake_time());
  }
}

SteadyTime Driver::Engine::wake_time() const {
  auto time = std::min(Clock::now() + kLongestWait, next_sweep_);
  if (ended(Clock::now())) return time;
  if (!due_.empty()) time = std::min(time, due_.top().time);
  return std::min({time, next_arrival_, end_});
}

void Driver::Engine::wait_until(SteadyTime time) {
  std::array<epoll_event, kEventsPerWait> events;
  const auto wait = std::max<std::chrono::nanoseconds>(time - Clock::now(), {});
  const timespec timeout{.tv_sec = wait / std::chrono::seconds(1),
                         .tv_nsec = (wait % std::chrono::seconds(1)).count()};
  const int n = ::epoll_pwait2(epoll_.get(), events.data(), kEventsPerWait, &timeout, nullptr);
  // A socket is closed only by its own event or between two waits, so no event is stale.
  for (int i = 0; i < n; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    on_event(users_[event.data.u32], event.events);
  }
}

void Driver::Engine::start_what_is_due(SteadyTime now) {
  while (!due_.empty() && due_.top().time <= now) {
    const auto [time, index] = due_.top();
    due_.pop();
    if (arrivals_) {
      free_users_.push_back(index);
    } else {
      recorder_.lateness.record(Clock::now() - time);
      begin(users_[index], Clock::now());
    }
  }
  if (arrivals_) take_arrivals(now);
}

void Driver::Engine::take_arrivals(SteadyTime now) {
  for (; next_arrival_ <= now; next_arrival_ = arrivals_->next()) {
    recorder_.lateness.record(now - next_arrival_);
    backlog_.push_back(next_arrival_);
    if (backlog_.size() <= kMaxBacklog) continue;
    count_unsent(backlog_.front(), now);
    backlog_.pop_front();
  }
  while (!backlog_.empty() && !free_users_.empty()) {
    auto& user = users_[free_users_.front()];
    const auto intended = backlog_.front();
    free_users_.pop_front();
    backlog_.pop_front();
    begin(user, intended);
  }
}

void Driver::Engine::give_up_unsent(SteadyTime now) {
  const auto last = std::min(now, end_);
  for (; next_arrival_ < last; next_arrival_ = arrivals_->next()) backlog_.push_back(next_arrival_);
  for (const auto intended : backlog_) count_unsent(intended, now);
  backlog_.clear();
}

void Driver::Engine::count_unsent(SteadyTime intended, SteadyTime now) {
  // Its endpoint was never drawn: counted under the most frequent one.
  auto& record = recorder_.of(Endpoint::kListProducts);
  record.requests.add();
  record.latency.record(now - intended);
  recorder_.error(Endpoint::kListProducts, ErrorKind::kUnsent);
}

void Driver::Engine::sweep(SteadyTime now) {
  // Scanning all users ten times a second is cheaper than a timer per request.
  next_sweep_ = now + kSweepInterval;
  for (auto& user : users_) {
    if (user.waiting && now - user.begun >= run_.plan.request_timeout) {
      recorder_.of(user.endpoint).latency.record(now - user.intended);
      fail(user, ErrorKind::kTimeout);
    }
  }
}

void Driver::Engine::begin(User& user, SteadyTime intended) {
  if (!std::exchange(user.arrived, true)) recorder_.users.add();
  if (user.shopper.repeats_order()) recorder_.repeated_orders.add();
  request_.clear();
  user.endpoint = user.shopper.next(request_);
  user.intended = intended;
  user.begun = Clock::now();
  user.waiting = true;
  ++in_flight_;
  user.parser.start(0);
  user.unsent.assign(request_.view());
  if (!user.socket.is_open() && !connect(user)) return fail(user, kind_of(errno));
  if (user.connected) flush(user);
}

bool Driver::Engine::connect(User& user) {
  const auto& target = run_.target;
  user.socket =
      Descriptor(::socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!user.socket.is_open()) return false;
  constexpr int kOn = 1;
  ::setsockopt(user.socket.get(), IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof(kOn));
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                    .data = {.u32 = index_of(user)}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, user.socket.get(), &event) != 0) return false;
  if (target.tls) {
    user.tls = std::make_unique<runtime::TlsStream>(*target.tls, target.name, user.socket.get());
  }
  const auto* address = reinterpret_cast<const sockaddr*>(&target.address);
  return ::connect(user.socket.get(), address, target.address_length) == 0 || errno == EINPROGRESS;
}

void Driver::Engine::flush(User& user) {
  while (!user.unsent.empty()) {
    const auto io = send(user);
    if (io.status == IoStatus::kClosed) fail(user, kind_of(errno));
    if (io.status != IoStatus::kDone) return;
    user.unsent.erase(0, io.bytes);
  }
}

// With errno when kClosed, 0 for an orderly end; so does receive().
runtime::Io Driver::Engine::send(User& user) {
  if (user.tls) {
    const auto io = user.tls->write(user.unsent);
    errno = io.status == IoStatus::kClosed ? ECONNRESET : 0;
    return io;
  }
  const auto n = ::send(user.socket.get(), user.unsent.data(), user.unsent.size(), MSG_NOSIGNAL);
  if (n >= 0) return {.status = IoStatus::kDone, .bytes = static_cast<std::size_t>(n)};
  return {.status = errno == EAGAIN ? IoStatus::kBlocked : IoStatus::kClosed};
}

runtime::Io Driver::Engine::receive(User& user, char* to, std::size_t size) {
  if (user.tls) {
    const auto io = user.tls->read(to, size);
    errno = io.status != IoStatus::kClosed || user.tls->ended_orderly() ? 0 : ECONNRESET;
    return io;
  }
  errno = 0;
  const auto n = ::recv(user.socket.get(), to, size, 0);
  if (n <= 0) return {.status = errno == EAGAIN ? IoStatus::kBlocked : IoStatus::kClosed};
  const auto bytes = static_cast<std::size_t>(n);
  return {.status = IoStatus::kDone, .drained = bytes < size, .bytes = bytes};
}

void Driver::Engine::on_event(User& user, std::uint32_t events) {
  if (!user.connected && !on_connected(user)) return;
  flush(user);
  if ((events & ~std::uint32_t{EPOLLOUT}) != 0 && user.socket.is_open()) {
    read(user, (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
  }
}

bool Driver::Engine::on_connected(User& user) {
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(user.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    fail(user, kind_of(error));
    return false;
  }
  if (user.tls) {
    const auto io = user.tls->handshake();
    if (io.status == IoStatus::kClosed) fail(user, ErrorKind::kNetwork);
    if (io.status != IoStatus::kDone) return false;
  }
  user.connected = true;
  recorder_.connects.record(Clock::now() - user.begun);
  return true;
}

void Driver::Engine::read(User& user, bool peer_closed) {
  if (user.input.capacity() == 0) user.input = take_buffer();
  for (;;) {
    char* const room = user.input.prepare(kReadBytes);
    const auto io = receive(user, room, kReadBytes);
    if (io.status == IoStatus::kBlocked) break;
    if (io.status == IoStatus::kClosed) {
      return errno == 0 ? on_end_of_stream(user) : on_failed_read(user, kind_of(errno));
    }
    user.input.commit(io.bytes);
    if (!user.waiting) return on_end_of_stream(user);  // e.g. a 408 before closing
    parse(user);
    // A short read has emptied the socket, unless the end of the stream is pending.
    if (!user.socket.is_open()) return;
    if (io.drained && !peer_closed) break;
  }
  if (user.input.empty()) give_back(user.input);
}

void Driver::Engine::on_failed_read(User& user, ErrorKind kind) {
  if (user.waiting) return fail(user, kind);
  recorder_.idle_closes.add();
  disconnect(user);
}

void Driver::Engine::on_end_of_stream(User& user) {
  if (!user.waiting) {
    recorder_.idle_closes.add();
    return disconnect(user);
  }
  if (user.parser.finish(user.input) == Event::kComplete) return finish(user);
  fail(user, ErrorKind::kClosed);
}

void Driver::Engine::parse(User& user) {
  auto event = user.parser.parse(user.input);
  if (event == Event::kHead) event = user.parser.parse(user.input);
  if (event == Event::kNeedMore) return;
  const bool more_than_asked_for = user.parser.end() != user.input.size();
  if (event == Event::kError || more_than_asked_for || user.parser.status() >= kStatuses) {
    return fail(user, ErrorKind::kProtocol);
  }
  finish(user);
}

Buffer Driver::Engine::take_buffer() {
  if (spare_.empty()) return Buffer(kReadBytes);
  auto buffer = std::move(spare_.back());
  spare_.pop_back();
  return buffer;
}

void Driver::Engine::give_back(Buffer& buffer) {
  buffer.recycle(kRetainedBytes);
  if (buffer.capacity() > 0) spare_.push_back(std::move(buffer));
}

void Driver::Engine::finish(User& user) {
  const auto now = Clock::now();
  const auto status = user.parser.status();
  auto& record = recorder_.of(user.endpoint);
  record.requests.add();
  record.latency.record(now - user.intended);
  record.statuses[static_cast<std::size_t>(status)].add();
  if (now >= steady_from_ && now < end_) recorder_.steady_answers.add();
  note_outcome(user, user.shopper.answered(status, user.parser.body(user.input)));
  user.waiting = false;
  --in_flight_;
  user.input.clear();
  if (!user.parser.keeps_alive()) disconnect(user);
  rest(user, {});
}

void Driver::Engine::note_outcome(User& user, Outcome outcome) {
  switch (outcome) {
    case Outcome::kGood:
      if (user.endpoint != Endpoint::kPlaceOrder) return;
      acknowledged_.push_back({user.shopper.order_id(), user.shopper.order_key()});
      recorder_.acknowledged.add();
      if (run_.ledger != nullptr && !run_.ledger->write(acknowledged_.back())) {
        throw std::system_error(errno, std::generic_category(), "writing acknowledged orders");
      }
      return;
    case Outcome::kOutOfStock:
      return recorder_.of(user.endpoint).out_of_stock.add();
    case Outcome::kClientError:
      return recorder_.error(user.endpoint, ErrorKind::kClientError);
    case Outcome::kServerError:
      return recorder_.error(user.endpoint, ErrorKind::kServerError);
    case Outcome::kBadBody:
      return recorder_.error(user.endpoint, ErrorKind::kProtocol);
  }
}

void Driver::Engine::fail(User& user, ErrorKind kind) {
  recorder_.of(user.endpoint).requests.add();
  recorder_.error(user.endpoint, kind);
  user.shopper.unanswered();
  user.waiting = false;
  --in_flight_;
  disconnect(user);
  rest(user, kReconnectPause);
}

void Driver::Engine::rest(User& user, std::chrono::nanoseconds at_least) {
  if (arrivals_ && at_least.count() == 0) return free_users_.push_back(index_of(user));
  const auto pause = std::max(at_least, think(run_.plan.think_time, random_));
  due_.push({Clock::now() + pause, index_of(user)});
}

void Driver::Engine::disconnect(User& user) {
  user.tls.reset();
  user.socket.close();
  user.connected = false;
  user.unsent.clear();
  give_back(user.input);
}

Driver::Driver(const Run& run, std::size_t thread, Recorder& recorder)
    : engine_(std::make_unique<Engine>(run, thread, recorder)) {}
Driver::~Driver() = default;
void Driver::run() { engine_->run(); }
const std::vector<Acknowledged>& Driver::acknowledged() const { return engine_->acknowledged(); }

}  // namespace souk::loadtest
