#include "reports/order_export.h"

namespace souk::reports {

using runtime::Task;

OrderExport::OrderExport(ExportSlots::Slot slot, postgres::Transaction snapshot, Span span,
                         ExportMetrics& metrics)
    : slot_(std::move(slot)), snapshot_(std::move(snapshot)), span_(span), metrics_(&metrics) {
  metrics.running.add(1);
}

OrderExport::OrderExport(OrderExport&& other) noexcept
    : slot_(std::move(other.slot_)),
      snapshot_(std::move(other.snapshot_)),
      span_(other.span_),
      metrics_(std::exchange(other.metrics_, nullptr)),
      ahead_(std::exchange(other.ahead_, std::nullopt)),
      before_(std::move(other.before_)),
      piece_(std::move(other.piece_)),
      at_(other.at_),
      order_(std::move(other.order_)),
      unfinished_(other.unfinished_),
      complete_(other.complete_) {}

OrderExport::~OrderExport() {
  if (metrics_ == nullptr) return;
  metrics_->running.add(-1);
  (complete_ ? metrics_->complete : metrics_->broken_off).increment();
}

Task<void> OrderExport::start(std::chrono::milliseconds longest) {
  co_await snapshot_.pipeline(store::prepare_export(longest), store::open_export(span_));
  ahead_ = store::next_piece(snapshot_);
}

Task<bool> OrderExport::fetch() {
  if (complete_) co_return false;
  before_ = unfinished_ ? std::move(piece_) : postgres::Rows();
  piece_ = co_await snapshot_.take(*std::exchange(ahead_, std::nullopt));
  at_ = 0;
  complete_ = piece_.empty();
  if (complete_) co_return unfinished_;
  ahead_ = store::next_piece(snapshot_);
  co_return true;
}

const ExportedOrder* OrderExport::next() {
  const auto size = piece_.size();
  if (!unfinished_) {
    if (at_ == size) return nullptr;
    store::begin_order(piece_[at_], order_);
    unfinished_ = true;
  }
  while (at_ < size && store::add_item(piece_[at_], order_)) ++at_;
  if (at_ == size && !complete_) return nullptr;
  unfinished_ = false;
  metrics_->orders.increment();
  return &order_;
}

}  // namespace souk::reports
