#include "seed/copy_table.h"

namespace souk::seed {

void RowBuffer::begin() {
  constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
  bytes_.append(kSignature);
  append_big_endian<std::int32_t>(0);  // no flags
  append_big_endian<std::int32_t>(0);  // no header extension
}

}  // namespace souk::seed
