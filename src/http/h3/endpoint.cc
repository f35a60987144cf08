#include "http/h3/endpoint.h"

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <unordered_map>

#include "base/hash.h"
#include "http/h3/connection.h"
#include "runtime/scope.h"

namespace souk::http::h3 {
namespace {

using Steady = std::chrono::steady_clock;

constexpr ngtcp2_duration kRetryTokenLife = 10 * NGTCP2_SECONDS;
constexpr ngtcp2_duration kTokenLife = 7 * 24 * 3600 * NGTCP2_SECONDS;
// Stateless resets of one worker per second: none answers another for ever.
constexpr std::size_t kMaxResetsPerSecond = 100;
// A reset looks like a packet of an ordinary size (RFC 9000 section 10.3).
constexpr std::size_t kMaxResetBytes = 43;
constexpr std::size_t kMinResetBytes =
    NGTCP2_MIN_STATELESS_RESET_RANDLEN + NGTCP2_STATELESS_RESET_TOKENLEN;

std::string_view view_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
std::string_view view_of(const ngtcp2_cid& id) {
  return view_of(std::span<const std::uint8_t>(id.data, id.datalen));
}

// Clients choose the first id.
struct IdHash : KeyedHash {
  using is_transparent = void;
};

// One client network gets a share of the handshakes without a Retry: others must not lose a round
// trip for it.
ServerConfig limits_of_unproven(const SharedEndpoint& shared) {
  constexpr std::size_t kShares = 8;
  auto limits = shared.server;
  limits.max_connections = shared.config.retry_handshakes;
  limits.max_connections_per_address = std::max<std::size_t>(limits.max_connections / kShares, 1);
  return limits;
}

struct Earlier {
  bool operator()(const Connection& a, const Connection& b) const { return a.due() < b.due(); }
};

}  // namespace

struct Endpoint::Core final : Host, runtime::TurnEndHook {
  Core(runtime::Loop& l, SharedEndpoint& s, std::size_t worker, Listener listener, Dispatcher& d,
       Random& random);
  ~Core() override { loop.cancel(*this); }

  // Host
  void add_id(const ngtcp2_cid& id, Connection& connection) override {
    by_id.insert_or_assign(std::string(view_of(id)), &connection);
  }
  void remove_id(const ngtcp2_cid& id) override { by_id.erase(std::string(view_of(id))); }
  void schedule(Connection& connection) override;
  void set_due(Connection& connection, Session::Time due) override;

  void at_turn_end() override;
  void read_on(UdpSocket& socket, std::size_t number);
  void receive(std::size_t number, const Datagram& datagram, bool handed_on);
  void receive_unknown(UdpSocket& socket, const Datagram& datagram);
  void accept(UdpSocket& socket, const Datagram& datagram, const ngtcp2_pkt_hd& head);
  bool check_token(const Datagram& datagram, Initial& initial, ngtcp2_cid& original) const;
  runtime::Task<void> serve(std::unique_ptr<Connection> connection);

  // Answers without state.
  void negotiate_version(UdpSocket& socket, const Datagram& datagram,
                         const ngtcp2_version_cid& ids);
  void retry(UdpSocket& socket, const Datagram& datagram, const ngtcp2_pkt_hd& head);
  void refuse(UdpSocket& socket, const Datagram& datagram, const ngtcp2_pkt_hd& head,
              std::uint64_t error);
  void reset(UdpSocket& socket, const Datagram& datagram);
  void answer(UdpSocket& socket, const Datagram& datagram, long size, telemetry::Counter& counter);
  ngtcp2_tstamp token_time() const {
    return static_cast<ngtcp2_tstamp>(dispatcher.clock().now().time_since_epoch() /
                                      std::chrono::nanoseconds(1));
  }

  // Time
  void arm();
  void on_timer();

  SharedEndpoint& shared;
  Metrics own_metrics;
  ConnectionLimits own_unproven;
  ConnectionIds own_ids;
  DateCache date;
  std::vector<std::unique_ptr<UdpSocket>> sockets;
  std::unordered_map<std::string, Connection*, IdHash, std::equal_to<>> by_id;
  boost::intrusive::list<Connection,
                         boost::intrusive::base_hook<boost::intrusive::list_base_hook<
                             boost::intrusive::tag<AllTag>, AutoUnlink>>,
                         boost::intrusive::constant_time_size<false>>
      connections;
  boost::intrusive::list<Connection,
                         boost::intrusive::base_hook<boost::intrusive::list_base_hook<
                             boost::intrusive::tag<WritingTag>, AutoUnlink>>,
                         boost::intrusive::constant_time_size<false>>
      writing;
  boost::intrusive::multiset<Connection, boost::intrusive::compare<Earlier>,
                             boost::intrusive::base_hook<boost::intrusive::set_base_hook<
                                 boost::intrusive::tag<DueTag>, AutoUnlink>>,
                             boost::intrusive::constant_time_size<false>>
      by_due;
  boost::asio::steady_timer timer;
  Session::Time armed_for = Session::Time::max();
  Session::Time resets_since{};
  std::size_t resets = 0;
  runtime::Scope scope;
  runtime::Event stopped;
};

Endpoint::Core::Core(runtime::Loop& l, SharedEndpoint& s, std::size_t worker, Listener listener,
                     Dispatcher& d, Random& random)
    : Host({.loop = l,
            .server = s.server,
            .config = s.config,
            .dispatcher = d,
            .limits = s.limits,
            .unproven = own_unproven,
            .ids = own_ids,
            .reset_key = s.reset_key,
            .credentials = s.credentials,
            .metrics = own_metrics,
            .protocol = {.server = s.server,
                         .config = s.config,
                         .requests = d.metrics(),
                         .metrics = own_metrics,
                         .date = date}}),
      shared(s),
      own_metrics(d.metrics().registry),
      own_unproven(limits_of_unproven(s)),
      own_ids(worker, s.handover.workers(), random),
      date(d.clock()),
      timer(l.io()),
      scope(l),
      stopped(l) {
  for (const int fd : listener.release()) {
    auto& socket = *sockets.emplace_back(std::make_unique<UdpSocket>(l, fd, own_metrics));
    socket.on_room = [this] {
      for (auto& connection : connections) schedule(connection);
    };
  }
}

// ---- datagrams

void Endpoint::Core::read_on(UdpSocket& socket, std::size_t number) {
  socket.on_readable([this, &socket, number](const boost::system::error_code& error) {
    if (error) return;  // closed
    socket.receive([this, number](const Datagram& datagram) { receive(number, datagram, false); });
    read_on(socket, number);
  });
}

void Endpoint::Core::receive(std::size_t number, const Datagram& datagram, bool handed_on) {
  auto& socket = *sockets[number];
  ngtcp2_version_cid ids;
  const int error = ngtcp2_pkt_decode_version_cid(&ids, datagram.bytes.data(),
                                                  datagram.bytes.size(), ConnectionIds::kBytes);
  if (error == NGTCP2_ERR_VERSION_NEGOTIATION) return negotiate_version(socket, datagram, ids);
  if (error != 0) return metrics.malformed.increment();
  const std::span<const std::uint8_t> id(ids.dcid, ids.dcidlen);
  if (const auto known = by_id.find(view_of(id)); known != by_id.end()) {
    return known->second->receive(socket, datagram);
  }
  const auto worker = own_ids.worker_of(id);
  if (worker != own_ids.worker() && !handed_on) {
    const bool taken = shared.handover.hand_on(worker, number, datagram);
    return (taken ? metrics.handed_on : metrics.over_queue).increment();
  }
  if (ids.version != 0 && ids.version != NGTCP2_PROTO_VER_V1) {
    return negotiate_version(socket, datagram, ids);
  }
  receive_unknown(socket, datagram);
}

void Endpoint::Core::receive_unknown(UdpSocket& socket, const Datagram& datagram) {
  ngtcp2_pkt_hd head;
  if (ngtcp2_accept(&head, datagram.bytes.data(), datagram.bytes.size()) == 0) {
    return accept(socket, datagram, head);
  }
  metrics.unknown.increment();
  constexpr std::uint8_t kLongHeader = 0x80;
  if ((datagram.bytes.front() & kLongHeader) == 0) reset(socket, datagram);
}

// Whether the client may go on: false when it sent a Retry's token that is not valid.
bool Endpoint::Core::check_token(const Datagram& datagram, Initial& initial,
                                 ngtcp2_cid& original) const {
  const auto& head = initial.head;
  if (head.token.len == 0) return true;
  const auto current = credentials.current();
  const auto& remote = datagram.remote;
  if (head.token.base[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY) {
    initial.validated = std::ranges::any_of(current->secrets().tokens(), [&](const auto& key) {
      return ngtcp2_crypto_verify_retry_token(
                 &original, head.token.base, head.token.len, key.data(), key.size(), head.version,
                 remote.get(), remote.size(), &head.dcid, kRetryTokenLife, token_time()) == 0;
    });
    if (initial.validated) initial.original = &original;
    return initial.validated;
  }
  initial.validated = head.token.base[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_REGULAR &&
                      std::ranges::any_of(current->secrets().tokens(), [&](const auto& key) {
                        return ngtcp2_crypto_verify_regular_token(
                                   head.token.base, head.token.len, key.data(), key.size(),
                                   remote.get(), remote.size(), kTokenLife, token_time()) == 0;
                      });
  return true;
}

void Endpoint::Core::accept(UdpSocket& socket, const Datagram& datagram,
                            const ngtcp2_pkt_hd& head) {
  if (notice_over) return refuse(socket, datagram, head, NGTCP2_CONNECTION_REFUSED);
  Initial initial{.head = head};
  ngtcp2_cid original;
  if (!check_token(datagram, initial, original)) {
    return refuse(socket, datagram, head, NGTCP2_INVALID_TOKEN);
  }
  const auto handshakes = static_cast<std::size_t>(metrics.handshakes.value());
  const auto client = datagram.remote.ip();
  constexpr auto kAdmitted = ConnectionLimits::Verdict::kAdmitted;
  if (!initial.validated) {
    const bool many = handshakes >= std::min(config.retry_handshakes, config.max_handshakes);
    if (many || unproven.enter(client) != kAdmitted) return retry(socket, datagram, head);
  } else if (handshakes >= config.max_handshakes) {
    return metrics.over_handshakes.increment();
  } else if (limits.enter(client) != kAdmitted) {
    return refuse(socket, datagram, head, NGTCP2_CONNECTION_REFUSED);
  }
  scope.spawn(serve(std::make_unique<Connection>(*this, socket, datagram, initial)));
}

runtime::Task<void> Endpoint::Core::serve(std::unique_ptr<Connection> connection) {
  connections.push_back(*connection);
  co_await connection->run();
  if (draining) {
    auto& requests = dispatcher.metrics();
    (connection->was_cut() ? requests.drained_cut : requests.drained_gracefully).increment();
  }
}

// ---- answers without state, never larger than what they answer

void Endpoint::Core::answer(UdpSocket& socket, const Datagram& datagram, long size,
                            telemetry::Counter& counter) {
  if (size <= 0) return;
  socket.queue(static_cast<std::size_t>(size), datagram.local, datagram.remote, 0);
  counter.increment();
  loop.at_turn_end(*this);
}

void Endpoint::Core::negotiate_version(UdpSocket& socket, const Datagram& datagram,
                                       const ngtcp2_version_cid& ids) {
  if (datagram.bytes.size() < NGTCP2_MAX_UDP_PAYLOAD_SIZE) return metrics.malformed.increment();
  const auto room = socket.room();
  const auto random = own_ids.random().next();
  // A version that does not exist: clients must ignore it (RFC 9000 section 15).
  const std::array<std::uint32_t, 2> versions = {
      (static_cast<std::uint32_t>(random) & 0xf0f0f0f0U) | NGTCP2_RESERVED_VERSION_MASK,
      NGTCP2_PROTO_VER_V1};
  if (room.empty()) return;
  answer(socket, datagram,
         ngtcp2_pkt_write_version_negotiation(
             room.data(), room.size(), static_cast<std::uint8_t>(random >> 32), ids.scid,
             ids.scidlen, ids.dcid, ids.dcidlen, versions.data(), versions.size()),
         metrics.version_negotiations);
}

void Endpoint::Core::retry(UdpSocket& socket, const Datagram& datagram, const ngtcp2_pkt_hd& head) {
  const auto room = socket.room();
  if (room.empty()) return;
  const auto id = own_ids.make();
  const auto current = credentials.current();
  const auto& key = current->secrets().tokens().front();
  std::array<std::uint8_t, NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN> token;
  const auto size = ngtcp2_crypto_generate_retry_token(
      token.data(), key.data(), key.size(), head.version, datagram.remote.get(),
      datagram.remote.size(), &id, &head.dcid, token_time());
  if (size < 0) return;
  answer(socket, datagram,
         ngtcp2_crypto_write_retry(room.data(), room.size(), head.version, &head.scid, &id,
                                   &head.dcid, token.data(), static_cast<std::size_t>(size)),
         metrics.retries);
}

void Endpoint::Core::refuse(UdpSocket& socket, const Datagram& datagram, const ngtcp2_pkt_hd& head,
                            std::uint64_t error) {
  const auto room = socket.room();
  if (room.empty()) return;
  answer(socket, datagram,
         ngtcp2_crypto_write_connection_close(room.data(), room.size(), head.version, &head.scid,
                                              &head.dcid, error, nullptr, 0),
         metrics.refused);
}

// Tells the client of a connection that this node has forgotten.
void Endpoint::Core::reset(UdpSocket& socket, const Datagram& datagram) {
  const auto now = Steady::now();
  if (now - resets_since >= std::chrono::seconds(1)) {
    resets_since = now;
    resets = 0;
  }
  const auto size = std::min(datagram.bytes.size() - 1, kMaxResetBytes);
  if (size < kMinResetBytes || datagram.bytes.size() <= ConnectionIds::kBytes) return;
  if (++resets > kMaxResetsPerSecond) return;
  const auto room = socket.room();
  if (room.empty()) return;
  ngtcp2_cid id;
  ngtcp2_cid_init(&id, datagram.bytes.data() + 1, ConnectionIds::kBytes);
  const auto& key = reset_key;
  std::array<std::uint8_t, NGTCP2_STATELESS_RESET_TOKENLEN> token;
  if (ngtcp2_crypto_generate_stateless_reset_token(token.data(), key.data(), key.size(), &id) != 0)
    return;
  std::array<std::uint8_t, kMaxResetBytes> random;
  const auto random_size = size - token.size();
  own_ids.random().fill({random.data(), random_size});
  answer(socket, datagram,
         ngtcp2_pkt_write_stateless_reset(room.data(), room.size(), token.data(), random.data(),
                                          random_size),
         metrics.stateless_resets);
}

// ---- writing, time

void Endpoint::Core::schedule(Connection& connection) {
  using Hook = boost::intrusive::list_base_hook<boost::intrusive::tag<WritingTag>, AutoUnlink>;
  if (!static_cast<Hook&>(connection).is_linked()) writing.push_back(connection);
  loop.at_turn_end(*this);
}

void Endpoint::Core::at_turn_end() {
  // Those that are scheduled meanwhile have their turn after other work of the loop.
  decltype(writing) now;
  now.swap(writing);
  while (!now.empty()) {
    auto& connection = now.front();
    now.pop_front();
    connection.write();
  }
  for (auto& socket : sockets) socket->flush();
}

void Endpoint::Core::set_due(Connection& connection, Session::Time due) {
  using Hook = boost::intrusive::set_base_hook<boost::intrusive::tag<DueTag>, AutoUnlink>;
  auto& hook = static_cast<Hook&>(connection);
  if (hook.is_linked()) {
    if (due == connection.due()) return;
    hook.unlink();
  }
  connection.set_due(due);
  if (due == Session::Time::max()) return;
  by_due.insert(connection);
  arm();
}

// A timer that fires too early costs one look; moving it for every packet would cost more.
void Endpoint::Core::arm() {
  const auto due = by_due.begin()->due();
  if (due >= armed_for) return;
  armed_for = due;
  timer.expires_at(due);
  timer.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_timer();
  });
}

void Endpoint::Core::on_timer() {
  armed_for = Session::Time::max();
  const auto now = Steady::now();
  while (!by_due.empty() && by_due.begin()->due() <= now) {
    auto& connection = *by_due.begin();
    set_due(connection, Session::Time::max());
    connection.on_due(now);
  }
  if (!by_due.empty()) arm();
}

// ---- the endpoint

Endpoint::Endpoint(runtime::Loop& loop, SharedEndpoint& shared, std::size_t worker,
                   Listener sockets, Dispatcher& dispatcher, Random& random)
    : core_(std::make_unique<Core>(loop, shared, worker, std::move(sockets), dispatcher, random)) {}

Endpoint::~Endpoint() = default;

runtime::Task<void> Endpoint::run() {
  auto& core = *core_;
  core.shared.handover.attach(core.own_ids.worker(), core.loop,
                              [&core](std::size_t socket, const Datagram& datagram) {
                                core.receive(socket, datagram, true);
                              });
  for (std::size_t i = 0; i < core.sockets.size(); ++i) core.read_on(*core.sockets[i], i);
  static_cast<void>(co_await core.stopped.wait());
  co_await core.scope.join();
  core.shared.handover.detach(core.own_ids.worker());
  core.timer.cancel();
  core.at_turn_end();
  for (auto& socket : core.sockets) socket->close();
}

runtime::Task<void> Endpoint::stop() {
  auto& core = *core_;
  core.draining = true;
  const bool is_used = !core.connections.empty() || core.limits.connections() > 0;
  for (auto& connection : core.connections) connection.drain();
  if (is_used) co_await core.loop.sleep(core.server.drain_notice);
  core.notice_over = true;
  for (auto& connection : core.connections) connection.drain();
  if (!co_await core.scope.join(core.server.drain_timeout)) {
    for (auto& connection : core.connections) connection.cut();
    co_await core.scope.join();
  }
  core.stopped.set();
}

void Endpoint::receive(std::size_t socket, const Datagram& datagram) {
  core_->receive(socket, datagram, false);
}

std::size_t Endpoint::connections() const {
  return static_cast<std::size_t>(
      std::distance(core_->connections.begin(), core_->connections.end()));
}

}  // namespace souk::http::h3
