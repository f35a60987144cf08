#include "base/spans.h"

#include <algorithm>

namespace souk {
namespace {

constexpr std::size_t kFirstAllocated = 8;
constexpr std::string_view kHandlerName = "handler";

}  // namespace

bool Spans::has_room() {
  if (spans_.size() < kMax) return true;
  ++left_out_;
  return false;
}

std::size_t Spans::open_recorded(SpanKind kind, std::string_view name, Span::Time begun) {
  if (spans_.empty()) spans_.reserve(kFirstAllocated);
  if (handler_ != Span::Time{}) {
    const auto handler_begun = std::exchange(handler_, {});
    around_ =
        static_cast<std::uint8_t>(open_recorded(SpanKind::kHandler, kHandlerName, handler_begun));
  }
  if (!has_room()) return kNone;
  spans_.push_back({.kind = kind, .parent = around_, .name = name, .begun = begun, .ended = {}});
  return spans_.size() - 1;
}

void Spans::add(Span span) {
  auto* const recorded = find(open(span.kind, span.name, span.begun));
  if (recorded == nullptr) return;
  span.parent = recorded->parent;
  *recorded = span;
}

void Spans::adopt(std::size_t around, std::span<const Span> others) {
  const auto first = spans_.size();
  for (const auto& other : others) {
    if (!has_room()) continue;
    auto& span = spans_.emplace_back(other);
    span.parent =
        static_cast<std::uint8_t>(other.parent == Span::kRoot ? around : first + other.parent);
  }
}

void Spans::close_handler() {
  const auto handler = std::ranges::find(spans_, SpanKind::kHandler, &Span::kind);
  if (handler != spans_.end()) handler->ended = std::chrono::steady_clock::now();
  around_ = Span::kRoot;
}

std::vector<Span> Spans::take(Span::Time now) {
  if (handler_ != Span::Time{}) {
    add({.kind = SpanKind::kHandler,
         .name = kHandlerName,
         .begun = std::exchange(handler_, {}),
         .ended = now});
  }
  records_ = false;
  // What still runs, such as a statement of a stream, ends with its request.
  for (auto& span : spans_) {
    if (span.ended == Span::Time{}) span.ended = now;
  }
  return std::exchange(spans_, {});
}

}  // namespace souk
