#include "postgres/codec.h"

namespace souk::postgres {
namespace {

constexpr Timestamp kPostgresEpoch = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);
constexpr std::int64_t kInfinity = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMinusInfinity = std::numeric_limits<std::int64_t>::min();

}  // namespace

namespace detail {

ArrayReader::ArrayReader(std::string_view bytes, TypeOid element) : bytes_(bytes) {
  const auto take = [this] {
    const auto number = read_integer<std::int32_t>(bytes_.substr(0, 4));
    bytes_.remove_prefix(4);
    return number;
  };
  const auto dimensions = take();
  take();  // the flag for NULLs; next() detects them
  const auto type = static_cast<TypeOid>(take());
  if (dimensions == 0) return;
  if (dimensions != 1) throw BadValue{"is an array of more than one dimension"};
  if (type != element) throw BadValue{"is an array of another type"};
  const auto size = take();
  take();  // the lower bound
  if (size < 0 || static_cast<std::size_t>(size) > bytes_.size() / 4) {
    throw BadValue{"is an array with a wrong size"};
  }
  size_ = static_cast<std::size_t>(size);
}

std::string_view ArrayReader::next() {
  const auto length = read_integer<std::int32_t>(bytes_.substr(0, 4));
  bytes_.remove_prefix(4);
  if (length == -1) throw BadValue{"is an array with a NULL in it"};
  if (length < 0 || static_cast<std::size_t>(length) > bytes_.size()) {
    throw BadValue{"is an array with a wrong length in it"};
  }
  const auto element = bytes_.substr(0, static_cast<std::size_t>(length));
  bytes_.remove_prefix(element.size());
  return element;
}

void write_array_header(ValueWriter& out, std::size_t size, TypeOid element) {
  out.append_integer<std::int32_t>(1);  // dimensions
  out.append_integer<std::int32_t>(0);  // no NULLs
  out.append_integer(static_cast<std::int32_t>(element));
  out.append_integer(static_cast<std::int32_t>(size));
  out.append_integer<std::int32_t>(1);  // lower bound
}

bool is_text(TypeOid type) {
  switch (type) {
    case oid::kText:
    case oid::kVarchar:
    case oid::kBpchar:
    case oid::kName:
    case oid::kJson:
      return true;
    default:
      return type >= oid::kFirstUserDefined;  // enumerations, citext
  }
}

void write_text(std::string_view text, ValueWriter& out) {
  if (text.find('\0') != text.npos) {
    throw StatementError("parameter", "22021", "", "text holds a NUL character");
  }
  out.append(text);
}

}  // namespace detail

double Codec<double>::decode(Value value) {
  if (value.type == oid::kFloat4) {
    return std::bit_cast<float>(detail::read_integer<std::int32_t>(value.bytes));
  }
  return std::bit_cast<double>(detail::read_integer<std::int64_t>(value.bytes));
}

Uuid Codec<Uuid>::decode(Value value) {
  Uuid id;
  if (value.bytes.size() != id.bytes.size()) throw BadValue{"has the wrong length"};
  std::memcpy(id.bytes.data(), value.bytes.data(), id.bytes.size());
  return id;
}

void Codec<Timestamp>::encode(Timestamp value, ValueWriter& out) {
  if (value == Timestamp::max()) return out.append_integer(kInfinity);
  if (value < Timestamp::min() + kPostgresEpoch.time_since_epoch()) {
    return out.append_integer(kMinusInfinity);
  }
  out.append_integer<std::int64_t>((value - kPostgresEpoch).count());
}

Timestamp Codec<Timestamp>::decode(Value value) {
  const auto since_epoch = detail::read_integer<std::int64_t>(value.bytes);
  if (since_epoch == kInfinity) return Timestamp::max();
  if (since_epoch == kMinusInfinity) return Timestamp::min();
  if (since_epoch > kInfinity - kPostgresEpoch.time_since_epoch().count()) {
    throw BadValue{"is out of range"};
  }
  return kPostgresEpoch + std::chrono::microseconds(since_epoch);
}

Currency Codec<Currency>::decode(Value value) {
  const auto currency = Currency::parse(value.bytes);
  if (!currency) throw BadValue{"is not a currency"};
  return *currency;
}

}  // namespace souk::postgres
