#include "api/reports/export_formats.h"

#include <utility>

#include "api/reports/types.h"
#include "api/wire/wire.h"
#include "base/assert.h"
#include "base/json_writer.h"
#include "base/rfc3339.h"
#include "base/text.h"

namespace souk::api {
namespace {

using reports::ExportedOrder;
using reports::OrderReport;

class JsonArray final : public OrderFormat {
 public:
  std::string_view content_type() const override { return "application/json"; }
  void begin(Buffer& out) override { out.append('['); }
  void write(const ExportedOrder& order, Buffer& out) override {
    out.append(std::exchange(first_, false) ? "\n" : ",\n");
    JsonWriter json(out);
    api::write(json, order);
  }
  void end(Buffer& out) override { out.append("\n]\n"); }

 private:
  bool first_ = true;
};

class JsonLines final : public OrderFormat {
 public:
  std::string_view content_type() const override { return "application/x-ndjson"; }
  void write(const ExportedOrder& order, Buffer& out) override {
    JsonWriter json(out);
    api::write(json, order);
    out.append('\n');
  }
};

void append(const Uuid& id, Buffer& out) {
  id.format_to(out.prepare(36));
  out.commit(36);
}

void append(Timestamp time, Buffer& out) {
  format_rfc3339(time, out.prepare(kRfc3339Size));
  out.commit(kRfc3339Size);
}

class Csv final : public OrderFormat {
 public:
  explicit Csv(bool marked) : marked_(marked) {}

  std::string_view content_type() const override { return "text/csv; charset=utf-8"; }
  void begin(Buffer& out) override {
    if (marked_) out.append(kByteOrderMark);
    out.append(
        "orderId,userId,status,orderDate,total,currency,"
        "lineNo,productId,productName,quantity,unitPrice,"
        "number,email,recipient,line1,line2,city,postalCode,country,shipped,refundedUnits,"
        "refunded\r\n");
  }
  void write(const ExportedOrder& order, Buffer& out) override {
    for (const auto& item : order.items) {
      append(order.id.value, out);
      out.append(',');
      append(order.user_id.value, out);
      out.append(',');
      out.append(order.status);
      out.append(',');
      append(order.order_date, out);
      out.append(',');
      out.append_integer(order.total.amount);
      out.append(',');
      out.append(order.total.currency.text());
      out.append(',');
      out.append_integer(item.line_no);
      out.append(',');
      append(item.product_id.value, out);
      out.append(',');
      write_csv_text(item.product_name, out);
      out.append(',');
      out.append_integer(item.quantity);
      out.append(',');
      out.append_integer(item.unit_price.amount);
      write_delivery(order, out);
      out.append(',');
      out.append_integer(item.shipped);
      out.append(',');
      out.append_integer(item.refunded);
      out.append(',');
      out.append_integer(order.refunded.amount);
      out.append("\r\n");
    }
  }

 private:
  static void write_delivery(const ExportedOrder& order, Buffer& out) {
    const auto to = order.delivery_address.value_or(ExportedOrder::Address{});
    for (const auto text : {order.number.value_or(""), order.email.value_or(""), to.recipient,
                            to.line1, to.line2, to.city, to.postal_code, to.country}) {
      out.append(',');
      write_csv_text(text, out);
    }
  }

  const bool marked_;
};

void append_date(Timestamp time, Buffer& out) {
  constexpr std::size_t kDateSize = 10;
  append(time, out);
  out.truncate(out.size() - (kRfc3339Size - kDateSize));
}

class TextReport final : public OrderFormat {
 public:
  explicit TextReport(OrderReport report) : report_(std::move(report)) {}
  std::string_view content_type() const override { return "text/plain; charset=utf-8"; }

  void begin(Buffer& out) override {
    out.append("Order Report\n");
    append(report_.span.from, out);
    out.append(" to ");
    append(report_.span.to, out);
    out.append("\n\nDays");
    if (report_.timezone != reports::kUtc) out.append(" of " + report_.timezone);
    out.append('\n');
    for (const auto& day : report_.days) {
      append_date(day.date, out);
      write_line(": ", day.orders, " orders, ", day.total, out);
    }
    out.append("\nStatuses\n");
    for (const auto& [status, orders] : report_.statuses) {
      out.append(status);
      out.append(": ");
      out.append_integer(orders);
      out.append('\n');
    }
    out.append("\nTop products\n");
    for (const auto& product : report_.top_products) {
      out.append(one_line(product.name));
      write_line(": ", product.quantity, " units, ", product.total, out);
    }
    out.append("\nOrders\n");
  }

  void write(const ExportedOrder& order, Buffer& out) override {
    out.append("Order ");
    append(order.id.value, out);
    out.append(": ");
    out.append(to_text(order.total));
    out.append('\n');
  }

 private:
  static void write_line(std::string_view before, std::int64_t count, std::string_view unit,
                         const Money& total, Buffer& out) {
    out.append(before);
    out.append_integer(count);
    out.append(unit);
    out.append(to_text(total));
    out.append('\n');
  }

  const OrderReport report_;
};

bool begins_a_formula(std::string_view text) {
  if (text.empty()) return false;
  if (std::string_view("=+-@'\t\r\n").contains(text.front())) return true;
  for (const std::string_view wide : {"\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"}) {
    if (text.starts_with(wide)) return true;
  }
  return false;
}

}  // namespace

void write_csv_text(std::string_view text, Buffer& out) {
  const bool marked = begins_a_formula(text);
  if (text.find_first_of("\",\r\n") == std::string_view::npos) {
    if (marked) out.append('\'');
    out.append(text);
    return;
  }
  out.append(marked ? "\"'" : "\"");
  for (;;) {
    const auto quote = text.find('"');
    out.append(text.substr(0, quote));
    if (quote == std::string_view::npos) break;
    out.append("\"\"");
    text.remove_prefix(quote + 1);
  }
  out.append('"');
}

std::string_view text_of_csv(std::string_view field) {
  const bool marked = field.starts_with('\'') && begins_a_formula(field.substr(1));
  return field.substr(marked ? 1 : 0);
}

std::unique_ptr<OrderFormat> export_format(std::size_t type, bool marked) {
  switch (type) {
    case 0:
      return std::make_unique<JsonArray>();
    case 1:
      return std::make_unique<JsonLines>();
    default:
      SOUK_ASSERT(type == 2);
      return std::make_unique<Csv>(marked);
  }
}

std::unique_ptr<OrderFormat> text_report(OrderReport report) {
  return std::make_unique<TextReport>(std::move(report));
}

}  // namespace souk::api
