#include "redis/refusal.h"

#include <array>

namespace souk::redis {
namespace {

struct Word {
  std::string_view word;
  Refusal refusal;
};
constexpr std::array kWords = {
    Word{"READONLY", Refusal::kReadOnly}, Word{"OOM", Refusal::kFull},
    Word{"NOAUTH", Refusal::kDenied},     Word{"WRONGPASS", Refusal::kDenied},
    Word{"NOPERM", Refusal::kDenied},     Word{"WRONGTYPE", Refusal::kWrongType},
};

}  // namespace

Refusal refusal_of(std::string_view error) {
  for (const auto& [word, refusal] : kWords) {
    if (error.starts_with(word)) return refusal;
  }
  // "ERR Error running script ...: -OOM command not allowed ..."
  for (const auto& [word, refusal] : kWords) {
    if (error.contains(word)) return refusal;
  }
  return Refusal::kOther;
}

std::string_view name_of(Refusal refusal) {
  constexpr std::array<std::string_view, 6> kNames = {"none",   "read_only",  "full",
                                                      "denied", "wrong_type", "refusing"};
  return kNames.at(static_cast<std::size_t>(refusal));
}

}  // namespace souk::redis
