// Counts the workers' calls of malloc, per request of a kind and per row of an export, including
// libpq's. Recycled coroutine frames and buffers do not reach malloc.
//   tools/with-servers build/release/app_bench
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "app/shop/shop.h"
#include "postgres/blocking.h"
#include "postgres/migrator.h"
#include "seed/seed.h"

namespace {

std::atomic<std::uint64_t> allocations{0};
thread_local bool counted = false;
thread_local bool known = false;

// Counts only the event loops, whose threads are named worker-0, ...
void count() {
  if (!known) {
    known = true;  // first: prevents endless recursion
    std::array<char, 16> name{};
    pthread_getname_np(pthread_self(), name.data(), name.size());
    counted = std::string_view(name.data()).starts_with("worker-");
    if (std::string_view(name.data()).starts_with("app_bench")) known = counted;
  }
  if (counted) allocations.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);

void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
  count();
  return __libc_calloc(number, size);
}
void* realloc(void* memory, std::size_t size) {
  count();
  return __libc_realloc(memory, size);
}
}

namespace souk::app {
namespace {

constexpr std::uint64_t kOrders = 20'000;
constexpr int kWarmUp = 2'000;

// A shop with one worker, for all benchmarks of the process.
class BenchShop {
 public:
  BenchShop() : folder_(std::filesystem::temp_directory_path() / "souk-allocations") {
    std::filesystem::create_directories(folder_);
    settings_.database.conninfo = new_database();
    settings_.http.port = 0;
    settings_.runtime.workers = 1;
    seed::SeedOptions seeding;
    seeding.size = {.products = 1'000, .users = 100, .orders = kOrders};
    seeding.tokens.admin = folder_ / "admin";
    require(postgres::migrate(settings_.database.conninfo, postgres::embedded_migrations()));
    require(seed::seed(settings_.database.conninfo, seeding, clock_));
    std::getline(std::ifstream(folder_ / "admin"), token_);
    shop_ = *Shop::open(settings_, *Shop::bind(settings_), clock_, registry_, log_);
  }
  ~BenchShop() {
    shop_->close();
    std::filesystem::remove_all(folder_);
  }

  std::uint16_t port() const { return shop_->port(); }
  const std::string& token() const { return token_; }
  std::string value(const std::string& sql) const {
    auto connection = postgres::BlockingConnection::open(settings_.database.conninfo, "souk bench");
    return std::string(connection->run(sql)->text(0, 0));
  }

 private:
  template <class Outcome>
  static void require(const Outcome& outcome) {
    if (!outcome) throw std::runtime_error(outcome.error().detail);
  }

  static std::string new_database() {
    const char* const server = std::getenv("SOUK_TEST_DATABASE_URL");
    if (server == nullptr) throw std::runtime_error("run under tools/with-servers");
    auto connection = postgres::BlockingConnection::open(server, "souk bench");
    require(connection->execute("CREATE DATABASE allocations"));
    return std::string(server) + "&dbname=allocations";
  }

  std::filesystem::path folder_;
  Settings settings_;
  SystemClock clock_;
  telemetry::Registry registry_;
  telemetry::Log log_{telemetry::LogLevel::kError, STDERR_FILENO, clock_, registry_};
  std::string token_;
  std::unique_ptr<Shop> shop_;
};

BenchShop& bench_shop() {
  static BenchShop shop;
  return shop;
}

// One keep-alive connection.
class Client {
 public:
  Client() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(bench_shop().port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      throw std::runtime_error("no connection");
    }
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sends the request and reads the complete answer.
  void exchange(const std::string& request) {
    if (::send(socket_, request.data(), request.size(), 0) < 0) throw std::runtime_error("send");
    answer_.clear();
    while (!complete()) {
      const auto size = answer_.size();
      answer_.resize(size + kRead);
      const auto got = ::recv(socket_, answer_.data() + size, kRead, 0);
      if (got <= 0) throw std::runtime_error("closed: " + answer_.substr(0, 500));
      answer_.resize(size + static_cast<std::size_t>(got));
    }
  }
  const std::string& answer() const { return answer_; }

 private:
  static constexpr std::size_t kRead = 256 * 1024;

  bool complete() const {
    const auto head = answer_.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    if (answer_.find("chunked") < head) return answer_.ends_with("\r\n0\r\n\r\n");
    const auto length = answer_.find("Content-Length: ");
    if (length > head) return true;
    return answer_.size() >= head + 4 + std::stoul(answer_.substr(length + 16, 12));
  }

  int socket_;
  std::string answer_;
};

std::string get(const std::string& path, const std::string& fields = {}) {
  return "GET " + path + " HTTP/1.1\r\nHost: souk\r\nAccept-Encoding: gzip\r\n" + fields + "\r\n";
}

std::string as_admin() { return "Authorization: Bearer " + bench_shop().token() + "\r\n"; }

void run(benchmark::State& state, const std::string& request, int warm_up = kWarmUp) {
  Client client;
  for (int i = 0; i < warm_up; ++i) client.exchange(request);
  const auto before = allocations.load();
  for (auto _ : state) client.exchange(request);
  const auto count = static_cast<double>(allocations.load() - before);
  state.counters["allocations"] = count / static_cast<double>(state.iterations());
  state.SetLabel(client.answer().substr(9, 3));
}

std::string a_product() {
  return "/api/products/" +
         bench_shop().value("SELECT id FROM products WHERE is_active ORDER BY id LIMIT 1");
}

void Product(benchmark::State& state) { run(state, get(a_product())); }
void ProductUnchanged(benchmark::State& state) {
  Client client;
  client.exchange(get(a_product()));
  const auto& answer = client.answer();
  const auto tag = answer.find("ETag: ") + 6;
  run(state, get(a_product(),
                 "If-None-Match: " + answer.substr(tag, answer.find('\r', tag) - tag) + "\r\n"));
}
void ProductList(benchmark::State& state) { run(state, get("/api/products")); }
void Health(benchmark::State& state) { run(state, get("/healthz")); }
void NotFound(benchmark::State& state) { run(state, get("/api/nothing")); }
void Order(benchmark::State& state) {
  const auto id = bench_shop().value("SELECT id FROM orders ORDER BY id LIMIT 1");
  run(state, get("/api/orders/" + id, as_admin()));
}
BENCHMARK(Health)->UseRealTime();
BENCHMARK(Product)->UseRealTime();
BENCHMARK(ProductUnchanged)->UseRealTime();
BENCHMARK(ProductList)->UseRealTime();
BENCHMARK(NotFound)->UseRealTime();
BENCHMARK(Order)->UseRealTime();

void Export(benchmark::State& state, const char* type) {
  const auto rows = std::stod(bench_shop().value("SELECT count(*) FROM order_items"));
  run(state, get("/api/orders/export", as_admin() + "Accept: " + type + "\r\n"), 2);
  state.counters["per row"] = state.counters["allocations"] / rows;
}
BENCHMARK_CAPTURE(Export, json, "application/json")->UseRealTime();
BENCHMARK_CAPTURE(Export, csv, "text/csv")->UseRealTime();

}  // namespace
}  // namespace souk::app
