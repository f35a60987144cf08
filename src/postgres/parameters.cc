#include "postgres/parameters.h"

namespace souk::postgres {

Parameters::Wire Parameters::wire() const {
  Wire wire;
  wire.count = static_cast<int>(types_.size());
  wire.formats = formats_.data();
  std::string_view rest(writer_.data(), writer_.size());
  for (std::size_t i = 0; i < types_.size(); ++i) {
    const auto length = detail::read_integer<std::int32_t>(rest.substr(0, 4));
    rest.remove_prefix(4);
    if (length < 0) {
      wire.values[i] = nullptr;
      wire.lengths[i] = 0;
      continue;
    }
    wire.values[i] = rest.data();
    wire.lengths[i] = length - 1;
    rest.remove_prefix(static_cast<std::size_t>(length));
  }
  return wire;
}

}  // namespace souk::postgres
