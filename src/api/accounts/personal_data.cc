#include "api/accounts/personal_data.h"

#include <utility>

#include "api/accounts/types.h"
#include "api/orders/types.h"
#include "api/wire/wire.h"

namespace souk::api {
namespace {

constexpr std::chrono::seconds kPieceTimeout{10};  // of a page of orders

}  // namespace

runtime::Task<bool> PersonalData::next(Buffer& out) {
  if (ended_) co_return false;
  if (!std::exchange(begun_, true)) write_account(out);
  runtime::Context context;
  context.deadline = std::chrono::steady_clock::now() + kPieceTimeout;
  const auto page = co_await orders_.list(context, account_.user.id, orders::kMaxPageSize, after_);
  for (const auto& order : page.items) {
    if (!std::exchange(first_, false)) out.append(',');
    JsonWriter json(out);
    write(json, order);
  }
  after_ = page.next;
  ended_ = !after_;
  if (ended_) out.append("]}");
  co_return true;
}

void PersonalData::write_account(Buffer& out) const {
  out.append("{\"user\":");
  {
    JsonWriter json(out);
    write(json, account_.user);
  }
  const auto list = [&out](std::string_view name, const auto& items) {
    out.append(",\"");
    out.append(name);
    out.append("\":[");
    bool first = true;
    for (const auto& item : items) {
      if (!std::exchange(first, false)) out.append(',');
      JsonWriter json(out);
      write(json, item);
    }
    out.append(']');
  };
  list("addresses", account_.addresses);
  list("sessions", account_.sessions);
  out.append(",\"orders\":[");
}

}  // namespace souk::api
