// Probes URLs until it is stopped: one GET after another to each, over a new connection each time.
// A probe succeeds when a whole response of a status below 500 has arrived in time.
//
// Threading: the loop's thread. Ownership: borrows its arguments while probe() runs.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/client/target.h"
#include "probe/availability.h"
#include "runtime/loop.h"
#include "runtime/wait_queue.h"

namespace souk::probe {

inline constexpr std::size_t kUrlsMax = 16;
inline constexpr std::chrono::milliseconds kIntervalMin{10};

// A URL, its host resolved once.
struct Address {
  std::string url;
  http::Target target;
  std::string path;  // with the query

  // "https://HOST[:PORT][/PATH]"; `ca_file` as for http::parse_target, whose errors are its own.
  static Result<Address> parse(std::string url, const std::string& ca_file);
};

struct ProbeConfig {
  std::chrono::microseconds interval = std::chrono::seconds(1);  // from one probe to the next
  std::chrono::microseconds timeout = std::chrono::seconds(2);   // to connect, and to answer
};

// Called when an outage begins (with its reason) and when it has ended.
using OutageCallback =
    std::function<void(const Address& address, const Outage& outage, bool has_ended)>;

// One availability for each address. Ends when `stop` is set: what is on its way is not waited for
// longer than its time-out.
runtime::Task<std::vector<Availability>> probe(runtime::Loop& loop,
                                               const std::vector<Address>& addresses,
                                               const ProbeConfig& config, runtime::Event& stop,
                                               const OutageCallback& on_outage);

}  // namespace souk::probe
