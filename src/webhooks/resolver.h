// Looks up the addresses of names on threads, awaited within a bound. A name has one look-up at a
// time, whose result all callers share: a silent name server blocks one thread, however many
// callers wait for its name.
//
// Threading: loop thread only. Ownership: borrows loop and threads, which outlive it; close()
// before it is destroyed.
#pragma once

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "runtime/offload.h"
#include "runtime/scope.h"

namespace souk::webhooks {

class Resolver {
 public:
  using Addresses = std::vector<boost::asio::ip::address>;
  // Called on any of the threads. Errors: unavailable, with a sentence.
  using Lookup = std::function<Result<Addresses>(const std::string& host)>;

  // The system resolver, in its order of preference; without a time limit.
  static Result<Addresses> ask_system(const std::string& host);

  Resolver(runtime::Loop& loop, runtime::Offload& threads, Lookup lookup = ask_system);

  // An address resolves to itself. Errors: unavailable when there is no address or none in time;
  // overloaded when too many names are being looked up.
  runtime::Task<Result<Addresses>> resolve(std::string host,
                                           std::chrono::steady_clock::duration bound);
  // Waits for running look-ups.
  runtime::Task<void> close();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Answer {
    explicit Answer(runtime::Loop& loop) : arrived(loop) {}
    runtime::Event arrived;
    std::atomic<bool> begun = false;  // set by the thread
    Result<Addresses> addresses;
  };

  runtime::Task<void> look_up(std::string host, std::shared_ptr<Answer> answer, Time deadline);
  runtime::Task<Result<Addresses>> offload(const std::string& host, Answer& answer, Time deadline);

  runtime::Loop& loop_;
  runtime::Offload& threads_;
  const Lookup lookup_;
  std::unordered_map<std::string, std::shared_ptr<Answer>> under_way_;  // by name
  runtime::Scope scope_;
};

}  // namespace souk::webhooks
