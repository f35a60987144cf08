#include "loadtest/recorder.h"

namespace souk::loadtest {
namespace {

void add(Count& count, const Count& other) {
  if (const auto n = other.get(); n > 0) count.add(n);
}

template <std::size_t N>
void add(std::array<Count, N>& counts, const std::array<Count, N>& others) {
  for (std::size_t i = 0; i < N; ++i) add(counts[i], others[i]);
}

template <std::size_t N>
std::uint64_t sum(const std::array<Count, N>& counts) {
  std::uint64_t total = 0;
  for (const auto& count : counts) total += count.get();
  return total;
}

}  // namespace

std::uint64_t EndpointRecord::error_count() const { return sum(errors); }

std::uint64_t EndpointRecord::answers() const { return sum(statuses); }

void EndpointRecord::add(const EndpointRecord& other) {
  latency.add(other.latency);
  served.add(other.served);
  loadtest::add(requests, other.requests);
  loadtest::add(out_of_stock, other.out_of_stock);
  loadtest::add(errors, other.errors);
  loadtest::add(statuses, other.statuses);
}

void Recorder::add(const Recorder& other) {
  for (std::size_t i = 0; i < endpoints.size(); ++i) endpoints[i].add(other.endpoints[i]);
  connects.add(other.connects);
  lateness.add(other.lateness);
  loadtest::add(answers_in_time, other.answers_in_time);
  loadtest::add(users, other.users);
  loadtest::add(idle_closes, other.idle_closes);
  loadtest::add(repeated, other.repeated);
  loadtest::add(acknowledged, other.acknowledged);
}

EndpointRecord Recorder::overall() const {
  EndpointRecord all;
  for (const auto& endpoint : endpoints) all.add(endpoint);
  return all;
}

}  // namespace souk::loadtest
