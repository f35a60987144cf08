#include "payments/providers.h"

#include <algorithm>

namespace souk::payments {

Provider* Providers::find(std::string_view name) const {
  const auto found =
      std::ranges::find(on_, name, [](const Provider* provider) { return provider->name(); });
  return found == on_.end() ? nullptr : *found;
}

}  // namespace souk::payments
