// The requests of users: the RFC's mix over a real catalogue.
//
// Workload is shared and immutable: any thread may read it. A Shopper is one user and belongs to
// one thread; it borrows the workload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/random.h"
#include "base/uuid.h"
#include "http/headers.h"
#include "http/outgoing_request.h"
#include "loadtest/catalogue.h"
#include "loadtest/scenario.h"
#include "loadtest/zipf.h"

namespace souk::loadtest {

inline constexpr double kZipfExponent = 1.0;
inline constexpr std::size_t kMaxOrderLines = 3;
// How often an order with an unknown outcome is sent, each time with the same key.
inline constexpr unsigned kMaxOrderAttempts = 5;

// Overrides of the RFC's mix over the whole catalogue.
struct Wants {
  std::array<double, kEndpoints> mix = kEndpointMix;  // shares of the endpoints, in any unit
  std::string only_product;  // an id: every order is for one unit of it; empty: any
};

class Workload {
 public:
  // `run` makes the idempotency keys of this run unique; two workloads with the same catalogue and
  // seed make the same requests in the same order. REQUIRES: tokens and catalogue.products
  // non-empty.
  Workload(const Catalogue& catalogue, std::vector<std::string> tokens, std::string_view host,
           std::uint64_t run, std::uint64_t seed, Wants wants = {});

  // One list of each possible kind, to check before a run that the shop accepts them.
  std::vector<std::string> sample_lists() const;

 private:
  friend class Shopper;
  enum class List : std::uint8_t { kPlain, kCategory, kPriceRange, kSorted, kSearch, kNextPage };

  const std::vector<std::string>& paths(List kind) const {
    return lists_[static_cast<std::size_t>(kind)];
  }

  std::uint64_t run_;
  std::uint64_t seed_;
  std::vector<std::string> tokens_;
  std::vector<std::string> products_;  // the most popular first
  AliasTable popularity_;
  AliasTable endpoints_;
  std::string only_product_;
  std::array<std::vector<std::string>, 5> lists_;  // path and query, by kind
  AliasTable list_kinds_;
  std::string host_;
  http::PreparedHeaders get_headers_;
  http::PreparedHeaders order_headers_;  // without the key and the token
};

// The meaning of an answer for the test.
enum class Outcome : std::uint8_t { kGood, kOutOfStock, kClientError, kServerError, kBadBody };

class Shopper {
 public:
  // `number` distinguishes the users of a run.
  Shopper(const Workload& workload, std::uint32_t number);

  // Chooses the next request: one of the mix, or again the order with an unknown outcome. `request`
  // is valid until the next call.
  Endpoint next(http::OutgoingRequest& request);
  // The last request's answer.
  Outcome answered(int status, std::string_view body);
  // The last request got no answer.
  void unanswered();

  bool repeats_order() const { return !pending_order_.empty(); }
  // Of the last order answered with kGood.
  const Uuid& order_id() const { return order_id_; }
  const Uuid& order_key() const { return order_key_; }

 private:
  http::OutgoingRequest get(std::string target);
  http::OutgoingRequest list();
  void compose_order();
  http::OutgoingRequest order();
  Outcome order_answered(int status, std::string_view body);
  void keep_next_page(std::string_view body);

  const Workload* workload_;
  SeededRandom random_;
  std::uint32_t number_;
  std::uint32_t orders_ = 0;
  unsigned attempts_ = 0;
  Endpoint endpoint_ = Endpoint::kListProducts;
  std::string target_;         // of the last request
  http::HeaderList headers_;   // of the last order
  std::string list_;           // the last list, without cursor
  std::string cursor_;         // of its next page, or empty
  std::string pending_order_;  // the body of an order without a known outcome
  Uuid order_key_;
  Uuid order_id_;
};

}  // namespace souk::loadtest
