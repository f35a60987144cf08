// The requests of users: a scenario's flows over a real catalogue.
//
// Workload is shared and immutable: any thread may read it; it borrows the scenario. A Shopper is
// one user and belongs to one thread; it borrows the workload.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/uuid.h"
#include "http/headers.h"
#include "http/outgoing_request.h"
#include "loadtest/catalogue.h"
#include "loadtest/scenario.h"
#include "loadtest/zipf.h"

namespace souk::loadtest {

// How often a request with an unknown outcome is sent, each time with the same key.
inline constexpr unsigned kMaxAttempts = 5;

// What a run adds to its scenario.
struct Wants {
  std::map<std::string, double> mix;  // shares by flow, instead of the scenario's; empty: its own
  std::string only_product;           // an id: every order is for one unit of it; empty: any
  std::string password;               // of the buyers
  std::vector<std::pair<std::string, std::string>> headers = {};  // of each request
  std::vector<std::string> categories = {};  // only these of the catalogue's; empty: all
  std::vector<std::string> words = {};       // likewise its search words
};

class Workload {
 public:
  // `run` makes what must be unique differ between runs; two workloads with the same catalogue and
  // seed make the same requests in the same order. The scenario is borrowed. REQUIRES: tokens and
  // catalogue.products non-empty, and what the scenario's variables draw from; the shares of
  // wants.mix above 0 and of known flows.
  Workload(const Scenario& scenario, const Catalogue& catalogue, std::vector<std::string> tokens,
           std::string_view host, std::uint64_t run, std::uint64_t seed, Wants wants = {});

  // One list of each possible kind, to check before a run that the shop accepts them.
  std::vector<std::string> sample_lists() const;
  std::chrono::nanoseconds think_time() const { return scenario_.think_time; }

 private:
  friend class Shopper;
  enum class List : std::uint8_t { kPlain, kCategory, kPriceRange, kSorted, kSearch, kNextPage };

  const std::vector<std::string>& queries(List kind) const {
    return lists_[static_cast<std::size_t>(kind)];
  }

  const Scenario& scenario_;
  std::uint64_t run_;
  std::uint64_t seed_;
  std::vector<std::string> tokens_;
  std::vector<std::string> products_;  // the most popular first
  std::vector<std::string> items_;     // of the products
  std::vector<std::string> categories_;
  std::vector<std::string> words_;
  AliasTable popularity_;
  AliasTable flows_;
  Wants wants_;
  std::array<std::vector<std::string>, 5> lists_;  // queries of GET /api/products, by kind
  AliasTable list_kinds_;
  std::string host_;
  http::PreparedHeaders without_body_;
  http::PreparedHeaders with_body_;
};

// The meaning of an answer for the test.
enum class Outcome : std::uint8_t { kGood, kOutOfStock, kClientError, kServerError, kBadBody };

class Shopper {
 public:
  // `number` distinguishes the users of a run.
  Shopper(const Workload& workload, std::uint32_t number);

  // The next request: the next step of the user's flow, the first of one that is drawn, or again
  // the one with an unknown outcome. `request` is valid until the next call. Returns the endpoint.
  std::size_t next(http::OutgoingRequest& request);
  // The last request's answer. Anything but kGood ends the flow, unless the request is repeated.
  Outcome answered(int status, std::string_view body);
  // The last request got no answer.
  void unanswered();

  // Whether next() continues what was begun.
  bool is_in_flow() const { return step_ != nullptr; }
  bool repeats() const { return attempts_ > 0; }
  std::chrono::nanoseconds think_time() const { return think_time_; }  // after the last request
  // Whether the last request was an order that the last answer, kGood, acknowledged.
  bool has_ordered() const { return has_ordered_; }
  const Uuid& order_id() const { return order_id_; }
  const Uuid& order_key() const { return key_; }

 private:
  enum class Encoding : std::uint8_t { kNone, kTarget, kJson };

  void draw_flow();
  std::string filled(const TextTemplate& text, Encoding encoding);
  void append(std::string& out, std::size_t variable, Encoding encoding);
  void append_list(std::string& out);
  void append_lines(std::string& out);
  void make_unique();
  Outcome judged(int status, std::string_view body);
  bool proves(std::string_view body) const;
  bool take(std::string_view body);
  void keep_next_page(std::string_view body);
  void advance();
  void end_flow();

  const Workload* workload_;
  SeededRandom random_;
  std::uint32_t number_;
  std::uint32_t keys_ = 0;
  unsigned attempts_ = 0;  // of a request whose outcome is unknown
  const Flow* flow_ = nullptr;
  const Step* step_ = nullptr;  // the next one to send; null between flows
  std::chrono::nanoseconds think_time_{};
  std::string target_;
  std::string body_;
  http::HeaderList headers_;
  std::vector<std::string> taken_;  // by variable, less the first kVariables
  std::string list_;                // the last list's query, without cursor
  std::string cursor_;              // of its next page, or empty
  bool lists_ = false;              // the last request was one of ${list}
  bool has_ordered_ = false;
  Uuid key_;
  Uuid order_id_;
};

}  // namespace souk::loadtest
