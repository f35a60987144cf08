// How orders are written when there are many: one after the other into the response's own buffer,
// nothing kept of them and nothing allocated for them.
// Threading: belongs to one response. Ownership: buffers and orders are the caller's.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "base/buffer.h"
#include "reports/types.h"

namespace souk::api {

class OrderFormat {
 public:
  OrderFormat() = default;
  OrderFormat(const OrderFormat&) = delete;
  OrderFormat& operator=(const OrderFormat&) = delete;
  virtual ~OrderFormat() = default;

  virtual std::string_view content_type() const = 0;  // static text
  virtual void begin(Buffer&) {}
  virtual void write(const reports::ExportedOrder& order, Buffer& out) = 0;
  virtual void end(Buffer&) {}
};

// An array of orders, an order a line, or an item a line.
inline constexpr std::array<std::string_view, 3> kExportTypes = {
    "application/json", "application/x-ndjson", "text/csv"};
// REQUIRES: an index of kExportTypes.
std::unique_ptr<OrderFormat> export_format(std::size_t type);

// The sums, then a line for each order, for people.
std::unique_ptr<OrderFormat> text_report(reports::OrderReport report);

// A text as a field of CSV (RFC 4180). Spreadsheets take what begins with = + - @ (full width too),
// a tab or a line end for a formula: it gets an apostrophe before it, which they do not show. So
// does what begins with one, so that whoever takes one away from the front has the text as it was.
void write_csv_text(std::string_view text, Buffer& out);

}  // namespace souk::api
