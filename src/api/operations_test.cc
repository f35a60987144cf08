// Rules that every operation of the API keeps.
#include "api/operations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace souk::api {
namespace {

// Calls `visit` with every member of the type, however deep.
void for_each_member(const Component& component, auto visit) {
  for (const auto& member : component.members) {
    visit(member);
    const Type* type = member.type;
    while (type->items != nullptr) type = type->items;
    if (type->component != nullptr) for_each_member(*type->component, visit);
  }
}

bool sounds_secret(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](char c) { return std::tolower(c); });
  return std::ranges::any_of(
      std::array{"token", "secret", "password", "credential", "signature", "apikey"},
      [&](std::string_view word) { return lower.contains(word); });
}

// BREACH: who can choose a part of a compressed body learns from its size what else is in it.
TEST(Operations, AnAnswerWithASecretIsNeverCompressed) {
  std::set<std::string_view> not_compressed;
  for (const auto* const operation : all_operations()) {
    for (const auto& reply : operation->answers) {
      if (reply.component == nullptr) continue;
      for_each_member(*reply.component, [&](const Member& member) {
        EXPECT_TRUE(!sounds_secret(member.name) || member.facets->is_secret)
            << operation->name << " answers with " << member.name;
        EXPECT_TRUE(!member.facets->is_secret || route_of(*operation).holds_secrets)
            << operation->name;
      });
    }
    if (route_of(*operation).holds_secrets) not_compressed.insert(operation->name);
  }
  EXPECT_THAT(not_compressed,
              testing::UnorderedElementsAre("signIn", "addWebhook", "replaceWebhookSecret"));
}

}  // namespace
}  // namespace souk::api
