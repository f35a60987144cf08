// All that the shop has of a user, as one JSON document that is written while it is sent.
// Threading: belongs to one response. Ownership: borrows the services, which outlive it.
#pragma once

#include <optional>

#include "accounts/accounts.h"
#include "http/body.h"
#include "orders/orders.h"

namespace souk::api {

class PersonalData final : public http::BodyStream {
 public:
  // What it begins with; the orders follow, read page by page.
  struct Account {
    accounts::User user;
    std::vector<accounts::Address> addresses;
    std::vector<accounts::OwnSession> sessions;
  };

  PersonalData(orders::Orders& orders, Account account)
      : orders_(orders), account_(std::move(account)) {}

  runtime::Task<bool> next(Buffer& out) override;

 private:
  void write_account(Buffer& out) const;

  orders::Orders& orders_;
  const Account account_;
  std::optional<orders::OrderCursor> after_;
  bool begun_ = false;
  bool ended_ = false;
  bool first_ = true;  // no order is written yet
};

}  // namespace souk::api
