#include "webhooks/resolver.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <optional>

namespace souk::webhooks {

using runtime::Task;
using std::chrono::steady_clock;

namespace ip = boost::asio::ip;

namespace {

std::unexpected<Error> too_many() {
  return fail(ErrorCode::kOverloaded, "too many names are looked up");
}

}  // namespace

Result<Resolver::Addresses> Resolver::ask_system(const std::string& host) {
  boost::asio::io_context io;
  boost::system::error_code failure;
  const auto entries = ip::tcp::resolver(io).resolve(host, "", failure);
  if (failure) {
    return fail(ErrorCode::kUnavailable, host + " has no address: " + failure.message());
  }
  Addresses addresses;
  for (const auto& entry : entries) addresses.push_back(entry.endpoint().address());
  return addresses;
}

Resolver::Resolver(runtime::Loop& loop, runtime::Offload& threads, Lookup lookup)
    : loop_(loop), threads_(threads), lookup_(std::move(lookup)), scope_(loop) {}

Task<Result<Resolver::Addresses>> Resolver::resolve(std::string host,
                                                    steady_clock::duration bound) {
  boost::system::error_code no_address;
  if (const auto literal = ip::make_address(host, no_address); !no_address) {
    co_return Addresses{literal};
  }
  auto answer = under_way_[host];
  if (!answer) {
    answer = under_way_[host] = std::make_shared<Answer>(loop_);
    scope_.spawn(look_up(host, answer, steady_clock::now() + bound));
  }
  if (!co_await answer->arrived.wait(bound)) {
    if (!answer->begun) co_return too_many();
    co_return fail(ErrorCode::kUnavailable, host + " was not looked up in time");
  }
  co_return answer->addresses;
}

Task<void> Resolver::close() { co_await scope_.join(); }

Task<void> Resolver::look_up(std::string host, std::shared_ptr<Answer> answer, Time deadline) {
  try {
    answer->addresses = co_await offload(host, *answer, deadline);
  } catch (const std::exception& error) {
    answer->addresses = fail(ErrorCode::kUnavailable, error.what());
  }
  under_way_.erase(host);
  answer->arrived.set();
}

// Skips the look-up if the deadline passes before its turn: the caller has given up.
Task<Result<Resolver::Addresses>> Resolver::offload(const std::string& host, Answer& answer,
                                                    Time deadline) {
  auto done = co_await threads_.run(loop_, [this, &host, &answer, deadline] {
    std::optional<Result<Addresses>> found;
    if (steady_clock::now() >= deadline) return found;
    answer.begun = true;
    found.emplace(lookup_(host));
    return found;
  });
  if (!done) co_return std::unexpected(done.error());
  if (!*done) co_return too_many();
  co_return std::move(**done);
}

}  // namespace souk::webhooks
