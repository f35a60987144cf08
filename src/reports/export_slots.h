// Limits the exports running at once on a node: each holds a connection and a snapshot, which
// blocks vacuum.
// Threading: any thread. Ownership: outlives its slots.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

namespace souk::reports {

class ExportSlots {
 public:
  explicit ExportSlots(std::size_t most) : free_(static_cast<std::ptrdiff_t>(most)) {}

  // Released by its destructor.
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
  // Nothing when the maximum is running.
  std::optional<Slot> take() {
    if (free_.fetch_sub(1) > 0) return Slot(*this);
    free_.fetch_add(1);
    return std::nullopt;
  }

 private:
  std::atomic<std::ptrdiff_t> free_;
};

}  // namespace souk::reports
