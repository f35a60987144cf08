#include "loadtest/driver.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <limits>
#include <queue>
#include <system_error>

#include "loadtest/link.h"

namespace souk::loadtest {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kEventsPerWait = 256;
constexpr std::chrono::milliseconds kLongestWait{100};  // notices a stop in time
constexpr std::chrono::milliseconds kSweepInterval{100};

struct User {
  User(const Workload& workload, std::uint32_t number) : shopper(workload, number) {}

  Shopper shopper;
  bool arrived = false;
  bool waiting = false;  // for the answer to a request
  std::size_t endpoint = 0;
  SteadyTime intended;  // when the request should have been sent
  SteadyTime begun;     // when it was sent
};

// A connection, shared by as many users in a row as it carries requests at once.
struct Carrier {
  std::unique_ptr<Link> link;
  std::size_t in_flight = 0;
  SteadyTime opened;
};

struct Due {
  SteadyTime time;
  std::uint32_t user;
  friend bool operator>(const Due& a, const Due& b) { return a.time > b.time; }
};

}  // namespace

class Driver::Engine final : private http::ClientSession::Answers {
 public:
  Engine(const Run& run, std::size_t thread, Recording& recording);
  ~Engine() override { ::close(epoll_); }
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
  void advance(Carrier& carrier, std::uint32_t events);
  void advance_what_is_due(SteadyTime now);
  void lose(Carrier& carrier, ErrorKind kind);

  void answered(const http::ClientSession::Answer& answer) override;
  void unanswered(http::ClientSession::Tag tag) override;
  void note_outcome(User& user, Outcome outcome);
  void fail(User& user, ErrorKind kind);
  void end_request(User& user);
  void rest(User& user, std::chrono::nanoseconds at_least);
  void schedule(std::uint32_t index, SteadyTime time);

  std::uint32_t index_of(const User& user) const {
    return static_cast<std::uint32_t>(&user - users_.data());
  }
  Carrier& carrier_of(const User& user) { return carriers_[index_of(user) / run_.plan.streams]; }

  Recorder& recorder_of(SteadyTime intended) {
    return intended < warm_until_ ? recording_.warm_up : recording_.measured;
  }
  Recorder& recorder_of(const User& user) { return recorder_of(user.intended); }
  EndpointRecord& record_of(const User& user) { return recorder_of(user).endpoints[user.endpoint]; }

  const Run& run_;
  std::size_t thread_;
  Recording& recording_;
  SteadyTime end_;
  SteadyTime warm_until_;
  SteadyTime next_sweep_;
  SteadyTime next_due_ = SteadyTime::max();  // of the connections
  int epoll_;
  std::vector<User> users_;
  std::vector<Carrier> carriers_;
  std::size_t in_flight_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t most_requests_ = std::numeric_limits<std::uint64_t>::max();
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;  // users that think or pause
  std::optional<ArrivalSchedule> arrivals_;                         // open model
  SteadyTime next_arrival_ = SteadyTime::max();
  std::deque<SteadyTime> backlog_;  // arrivals without a free connection
  std::deque<std::uint32_t> free_users_;
  SeededRandom random_;
  std::vector<Acknowledged> acknowledged_;
};

Driver::Engine::Engine(const Run& run, std::size_t thread, Recording& recording)
    : run_(run),
      thread_(thread),
      recording_(recording),
      end_(run.start + run.plan.shape.duration()),
      warm_until_(run.start + run.plan.warm_up),
      next_sweep_(run.start),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      random_(run.plan.seed ^ (0xd1b54a32d192ed03 * (thread + 1))) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  const auto& plan = run.plan;
  if (plan.max_requests > 0) {
    most_requests_ = std::max<std::uint64_t>(plan.max_requests / plan.threads, 1);
  }
  users_.reserve(plan.users / plan.threads + 1);
  for (std::size_t number = thread; number < plan.users; number += plan.threads) {
    const auto index = static_cast<std::uint32_t>(users_.size());
    users_.emplace_back(run.workload, static_cast<std::uint32_t>(number));
    if (plan.open) {
      free_users_.push_back(index);
    } else {
      // Users think before their first request, so that they do not all start together.
      schedule(index, run.start + think(run.workload.think_time(), random_));
    }
  }
  carriers_.reserve(users_.size() / plan.streams + 1);
  for (std::size_t i = 0; i < users_.size(); i += plan.streams) {
    carriers_.push_back({make_link(plan.protocol, run.target, *this), 0, {}});
  }
  if (plan.open) {
    const auto threads = static_cast<double>(plan.threads);
    arrivals_.emplace(run.start, plan.shape, 1 / threads, *plan.open,
                      static_cast<double>(thread) / threads, random_.next64());
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
    if (run_.plan.protocol == Protocol::kHttp3) advance_what_is_due(now);
    wait_until(wake_time());
  }
}

SteadyTime Driver::Engine::wake_time() const {
  auto time = std::min({Clock::now() + kLongestWait, next_sweep_, next_due_});
  if (ended(Clock::now())) return time;
  if (!due_.empty()) time = std::min(time, due_.top().time);
  return std::min({time, next_arrival_, end_});
}

void Driver::Engine::wait_until(SteadyTime time) {
  std::array<epoll_event, kEventsPerWait> events;
  const auto wait = std::max<std::chrono::nanoseconds>(time - Clock::now(), {});
  const timespec timeout{.tv_sec = wait / std::chrono::seconds(1),
                         .tv_nsec = (wait % std::chrono::seconds(1)).count()};
  const int n = ::epoll_pwait2(epoll_, events.data(), kEventsPerWait, &timeout, nullptr);
  // A socket is closed only by its own event or between two waits, so no event is stale.
  for (int i = 0; i < n; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    advance(carriers_[event.data.u32], event.events);
  }
}

void Driver::Engine::start_what_is_due(SteadyTime now) {
  while (!due_.empty() && due_.top().time <= now && sent_ < most_requests_) {
    const auto [time, index] = due_.top();
    due_.pop();
    auto& user = users_[index];
    if (arrivals_ && !user.shopper.is_in_flow()) {
      free_users_.push_back(index);
    } else {
      const auto at = Clock::now();
      recorder_of(time).lateness.record(at - time);
      begin(user, arrivals_ ? time : at);
    }
  }
  if (arrivals_) take_arrivals(now);
}

void Driver::Engine::take_arrivals(SteadyTime now) {
  for (; next_arrival_ <= now; next_arrival_ = arrivals_->next()) {
    recorder_of(next_arrival_).lateness.record(now - next_arrival_);
    backlog_.push_back(next_arrival_);
    if (backlog_.size() <= kMaxBacklog) continue;
    count_unsent(backlog_.front(), now);
    backlog_.pop_front();
  }
  while (!backlog_.empty() && !free_users_.empty() && sent_ < most_requests_) {
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
  // Its flow was never drawn: counted under the first endpoint.
  auto& recorder = recorder_of(intended);
  recorder.endpoints.front().requests.add();
  recorder.endpoints.front().latency.record(now - intended);
  recorder.error(0, ErrorKind::kUnsent);
}

void Driver::Engine::sweep(SteadyTime now) {
  // Scanning all users ten times a second is cheaper than a timer per request.
  next_sweep_ = now + kSweepInterval;
  for (auto& user : users_) {
    if (user.waiting && now - user.begun >= run_.plan.request_timeout) {
      record_of(user).latency.record(now - user.intended);
      auto& carrier = carrier_of(user);
      const bool abandoned = carrier.link->abandon(index_of(user));
      fail(user, ErrorKind::kTimeout);
      abandoned ? advance(carrier, 0) : lose(carrier, ErrorKind::kTimeout);
    }
  }
}

void Driver::Engine::begin(User& user, SteadyTime intended) {
  auto& carrier = carrier_of(user);
  auto& link = *carrier.link;
  // The server goes away, and other users' requests are in progress on the connection.
  if (link.is_open() && !link.takes_requests()) return rest(user, kReconnectPause);
  user.intended = intended;
  if (!std::exchange(user.arrived, true)) recorder_of(user).users.add();
  if (user.shopper.repeats()) recorder_of(user).repeated.add();
  http::OutgoingRequest request;
  user.endpoint = user.shopper.next(request);
  user.begun = Clock::now();
  user.waiting = true;
  if (++sent_ >= most_requests_) end_ = std::min(end_, user.begun);
  ++in_flight_;
  ++carrier.in_flight;
  if (!link.is_open()) {
    carrier.opened = user.begun;
    const auto index = index_of(user) / static_cast<std::uint32_t>(run_.plan.streams);
    if (const auto error = link.open(epoll_, index)) return lose(carrier, *error);
  }
  link.send(index_of(user), request);
  advance(carrier, 0);
}

void Driver::Engine::advance(Carrier& carrier, std::uint32_t events) {
  auto& link = *carrier.link;
  if (!link.is_open()) return;
  const bool was_connected = link.is_connected();
  const bool was_idle = carrier.in_flight == 0;
  const auto error = link.advance(events);
  if (!was_connected && link.is_connected()) {
    recorder_of(carrier.opened).connects.record(Clock::now() - carrier.opened);
  }
  if (error && was_idle && was_connected) recorder_of(Clock::now()).idle_closes.add();
  if (error) {
    lose(carrier, *error);
  } else if (link.is_connected() && carrier.in_flight == 0 && !link.takes_requests()) {
    link.close();
  }
}

// Scanning the connections is cheaper than a timer for each: only those of QUIC are ever due.
void Driver::Engine::advance_what_is_due(SteadyTime now) {
  next_due_ = SteadyTime::max();
  for (auto& carrier : carriers_) {
    if (!carrier.link->is_open()) continue;
    if (carrier.link->due() <= now) advance(carrier, 0);
    if (carrier.link->is_open()) next_due_ = std::min(next_due_, carrier.link->due());
  }
}

// Closes the connection; every request in progress on it has failed.
void Driver::Engine::lose(Carrier& carrier, ErrorKind kind) {
  const auto first = static_cast<std::size_t>(&carrier - carriers_.data()) * run_.plan.streams;
  const auto last = std::min(first + run_.plan.streams, users_.size());
  for (auto i = first; i < last; ++i) {
    if (users_[i].waiting) fail(users_[i], kind);
  }
  carrier.link->close();
}

void Driver::Engine::answered(const http::ClientSession::Answer& answer) {
  auto& user = users_[answer.tag];
  if (answer.status <= 0 || answer.status >= kStatuses) return fail(user, ErrorKind::kProtocol);
  const auto now = Clock::now();
  auto& record = record_of(user);
  record.requests.add();
  record.latency.record(now - user.intended);
  if (answer.status < 500) record.served.record(now - user.intended);
  record.statuses[static_cast<std::size_t>(answer.status)].add();
  if (now < end_) recorder_of(now).answers_in_time.add();
  note_outcome(user, user.shopper.answered(answer.status, answer.body));
  end_request(user);
  rest(user, {});
}

void Driver::Engine::unanswered(http::ClientSession::Tag tag) {
  fail(users_[tag], ErrorKind::kClosed);
}

void Driver::Engine::note_outcome(User& user, Outcome outcome) {
  switch (outcome) {
    case Outcome::kGood:
      if (!user.shopper.has_ordered()) return;
      acknowledged_.push_back({user.shopper.order_id(), user.shopper.order_key()});
      recorder_of(user).acknowledged.add();
      if (run_.ledger != nullptr && !run_.ledger->write(acknowledged_.back())) {
        throw std::system_error(errno, std::generic_category(), "writing acknowledged orders");
      }
      return;
    case Outcome::kOutOfStock:
      return record_of(user).out_of_stock.add();
    case Outcome::kClientError:
      return recorder_of(user).error(user.endpoint, ErrorKind::kClientError);
    case Outcome::kServerError:
      return recorder_of(user).error(user.endpoint, ErrorKind::kServerError);
    case Outcome::kBadBody:
      return recorder_of(user).error(user.endpoint, ErrorKind::kProtocol);
  }
}

void Driver::Engine::fail(User& user, ErrorKind kind) {
  record_of(user).requests.add();
  recorder_of(user).error(user.endpoint, kind);
  user.shopper.unanswered();
  end_request(user);
  rest(user, kReconnectPause);
}

void Driver::Engine::end_request(User& user) {
  user.waiting = false;
  --in_flight_;
  --carrier_of(user).in_flight;
}

void Driver::Engine::rest(User& user, std::chrono::nanoseconds at_least) {
  const bool is_free = !user.shopper.is_in_flow();
  if (arrivals_ && is_free && at_least.count() == 0) return free_users_.push_back(index_of(user));
  const auto pause = std::max(at_least, think(user.shopper.think_time(), random_));
  const auto at = Clock::now() + pause;
  if (arrivals_ || !is_free) return due_.push({at, index_of(user)});
  schedule(index_of(user), at);
}

// A user begins a flow after a pause, if the shape then asks for so many users, else when it does.
void Driver::Engine::schedule(std::uint32_t index, SteadyTime time) {
  const auto number = static_cast<double>(index * run_.plan.threads + thread_);
  const auto asked = time - run_.start;
  const auto at = run_.plan.shape.when_above(number, asked);
  if (!at) return;
  if (*at == asked) return due_.push({time, index});
  // Those who come together do not start together.
  due_.push({run_.start + *at + think(run_.workload.think_time(), random_), index});
}

Driver::Driver(const Run& run, std::size_t thread, Recording& recording)
    : engine_(std::make_unique<Engine>(run, thread, recording)) {}
Driver::~Driver() = default;
void Driver::run() { engine_->run(); }
const std::vector<Acknowledged>& Driver::acknowledged() const { return engine_->acknowledged(); }

}  // namespace souk::loadtest
