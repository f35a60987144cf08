#include "capacity/sessions.h"

#include <utility>

#include "base/parse.h"
#include "postgres/blocking.h"

namespace souk::capacity {
namespace {

// A session that waits for its client is at rest, and so are PostgreSQL's own processes. Commits
// wait for the log under two names.
const std::string kSample = R"(
  SELECT count(*),
         count(*) FILTER (WHERE wait_event_type = 'Lock'),
         count(*) FILTER (WHERE wait_event_type = 'IO' OR wait_event IN ('WALWrite', 'WALSync')),
         count(*) FILTER (WHERE wait_event_type IN ('LWLock', 'IPC', 'BufferPin')
                          AND wait_event NOT IN ('WALWrite', 'WALSync'))
  FROM pg_stat_activity
  WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
    AND wait_event_type IS DISTINCT FROM 'Client')";

}  // namespace

class SessionSampler::Source {
 public:
  explicit Source(postgres::BlockingConnection connection) : connection_(std::move(connection)) {}

  std::optional<Sessions> sample() {
    const auto rows = connection_.run(kSample);
    if (!rows || rows->size() != 1) return std::nullopt;
    const auto number = [&rows](int column) {
      return static_cast<double>(parse_integer(rows->text(0, column)).value_or(0));
    };
    return Sessions{1, number(0), number(1), number(2), number(3)};
  }

 private:
  postgres::BlockingConnection connection_;
};

Result<std::unique_ptr<SessionSampler>> SessionSampler::start(const std::string& conninfo) {
  auto connection = postgres::BlockingConnection::open(conninfo, "souk capacity");
  if (!connection) return std::unexpected(connection.error());
  return std::unique_ptr<SessionSampler>(
      new SessionSampler(std::make_unique<Source>(*std::move(connection))));
}

SessionSampler::SessionSampler(std::unique_ptr<Source> source)
    : source_(std::move(source)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

SessionSampler::~SessionSampler() = default;

void SessionSampler::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    lock.unlock();
    const auto sample = source_->sample();
    lock.lock();
    if (!sample) return;
    sum_.samples += sample->samples;
    sum_.active += sample->active;
    sum_.locks += sample->locks;
    sum_.disk += sample->disk;
    sum_.latches += sample->latches;
    ended_.wait_for(lock, stop, kSampleEvery, [] { return false; });
  }
}

Sessions SessionSampler::read() {
  const std::lock_guard lock(mutex_);
  auto mean = std::exchange(sum_, {});
  if (mean.samples == 0) return mean;
  for (auto* const value : {&mean.active, &mean.locks, &mean.disk, &mean.latches}) {
    *value /= static_cast<double>(mean.samples);
  }
  return mean;
}

}  // namespace souk::capacity
