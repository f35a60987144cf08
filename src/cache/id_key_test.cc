#include "cache/id_key.h"

#include <gtest/gtest.h>

namespace souk::cache {
namespace {

TEST(IdKey, IsTheKindAndTheId) {
  constexpr std::string_view kId = "018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01";
  EXPECT_EQ(IdKey("product", *Uuid::parse(kId)).view(), "product:" + std::string(kId));
  const std::string longest(27, 'k');
  EXPECT_EQ(IdKey(longest, *Uuid::parse(kId)).text(), longest + ":" + std::string(kId));
}

}  // namespace
}  // namespace souk::cache
