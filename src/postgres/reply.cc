#include "postgres/reply.h"

#include <algorithm>

#include "base/parse.h"
#include "postgres/connection.h"

namespace souk::postgres {

Reply::~Reply() {
  if (state_ == State::kPending && connection_ != nullptr) connection_->forget(*this);
}

std::string_view Reply::field(int code) const {
  const char* const text = PQresultErrorField(result_.get(), code);
  return text == nullptr ? std::string_view{} : text;
}

std::int64_t Reply::rows() const {
  const auto changed = parse_integer(PQcmdTuples(result_.get())).value_or(0);
  return std::max<std::int64_t>(PQntuples(result_.get()), changed);
}

void Reply::attach(Connection& connection, runtime::Loop& loop, std::uint64_t first) {
  connection_ = &connection;
  loop_ = &loop;
  first_ = first;
}

void Reply::complete(State state, ResultPtr result, Time now) {
  state_ = state;
  result_ = std::move(result);
  answered_at_ = now;
  cancel();
  wake();
}

void Reply::wake() {
  if (awaiting_) loop_->schedule(std::exchange(awaiting_, nullptr));
}

}  // namespace souk::postgres
