// Iterates over all orders of a span by id, from one snapshot, in pieces. While one piece is
// written, the server prepares the next; at most these two are held, plus the previous one for an
// order that spans both, however slow the reader.
//
//   while (co_await all.fetch()) {
//     while (const auto* order = all.next()) write(*order);
//   }
//
// Threading: loop thread only. Ownership: owns its transaction, which its destructor rolls back;
// its context outlives it. Move it only while no fetch() runs.
#pragma once

#include <chrono>
#include <optional>

#include "postgres/transaction.h"
#include "reports/export_slots.h"
#include "reports/metrics.h"
#include "reports/store.h"
#include "runtime/task.h"

namespace souk::reports {

class OrderExport {
 public:
  OrderExport(ExportSlots::Slot slot, postgres::Transaction snapshot, Span span,
              ExportMetrics& metrics);
  OrderExport(OrderExport&& other) noexcept;
  OrderExport& operator=(OrderExport&&) = delete;
  ~OrderExport();

  // Takes the snapshot and requests the first piece. Throws as Transaction::query.
  runtime::Task<void> start(std::chrono::milliseconds longest);
  // Waits for the next piece. False: all orders have been returned. Throws as Transaction::query,
  // Timeout after the context's deadline.
  runtime::Task<bool> fetch();
  // The next order of the piece, null after its last. Valid until the next call.
  const ExportedOrder* next();

  postgres::Transaction& snapshot() { return snapshot_; }

 private:
  ExportSlots::Slot slot_;
  postgres::Transaction snapshot_;
  Span span_;
  ExportMetrics* metrics_;  // null when moved from
  std::optional<postgres::Transaction::Ahead> ahead_;
  postgres::Rows before_;  // the piece in which an unfinished order begins
  postgres::Rows piece_;
  std::size_t at_ = 0;
  ExportedOrder order_;
  bool unfinished_ = false;  // the order may have more items in the next piece
  bool complete_ = false;
};

}  // namespace souk::reports
