// How many exports a node runs at once: each holds a connection and a snapshot, behind which
// nothing can be vacuumed.
// Threading: any thread. Ownership: outlives the slots it has given.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

namespace souk::reports {

class ExportSlots {
 public:
  explicit ExportSlots(std::size_t most) : free_(static_cast<std::ptrdiff_t>(most)) {}

  // Given back when it goes.
  class Slot {
   public:
    explicit Slot(ExportSlots& owner) : owner_(&owner) {}
    Slot(Slot&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (owner_ != nullptr) owner_->free_.fetch_add(1);
    }

   private:
    ExportSlots* owner_;
  };
  // Nothing where as many are running as may.
  std::optional<Slot> take() {
    if (free_.fetch_sub(1) > 0) return Slot(*this);
    free_.fetch_add(1);
    return std::nullopt;
  }

 private:
  std::atomic<std::ptrdiff_t> free_;
};

}  // namespace souk::reports
