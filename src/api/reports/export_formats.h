// Serialises many orders, one after the other, into the response's buffer; keeps and allocates
// nothing per order.
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

// U+FEFF in UTF-8.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// An array of orders; an order per line; an item per line.
inline constexpr std::array<std::string_view, 3> kExportTypes = {
    "application/json", "application/x-ndjson", "text/csv"};
inline constexpr std::array<std::string_view, 3> kExportFiles = {"orders.json", "orders.ndjson",
                                                                 "orders.csv"};
// REQUIRES: an index of kExportTypes. `marked`: CSV begins with a byte order mark.
std::unique_ptr<OrderFormat> export_format(std::size_t type, bool marked = false);

// The sums, then a line for each order, as text for people.
std::unique_ptr<OrderFormat> text_report(reports::OrderReport report);

// Text as a CSV field (RFC 4180). Spreadsheets treat text that begins with = + - @ (full width
// too), a tab or a line end as a formula: it gets a leading apostrophe, which they do not show.
// Text that begins with an apostrophe gets one too, so that removing one restores the original.
void write_csv_text(std::string_view text, Buffer& out);
// The text of such a field, without its quotation marks.
std::string_view text_of_csv(std::string_view field);

}  // namespace souk::api
