#include "cache/hybrid/load_places.h"

namespace souk::cache {

runtime::Task<void> LoadPlaces::take(std::optional<Place>& place) {
  if (taken_ < count_) {
    ++taken_;
  } else {
    static_cast<void>(co_await free_.wait());
  }
  place.emplace(*this);
  progress_ = std::chrono::steady_clock::now();
}

void LoadPlaces::leave(Duration taken) {
  load_time_ =
      load_time_ == Duration::zero() ? taken : load_time_ + (taken - load_time_) / kSmoothing;
  progress_ = std::chrono::steady_clock::now();
  if (!free_.wake_one()) --taken_;
}

}  // namespace souk::cache
