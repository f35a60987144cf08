// A certificate: what was claimed, by which rule it is judged, what was measured, and a seal over
// both, so that a stranger can check it without the machine it was made on.
// Threading: plain values and functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace souk::certify {

// Of the document; raised when a member goes or changes its meaning. docs/certify.md describes it.
inline constexpr int kSchemaVersion = 1;

enum class Rule : std::uint8_t { kAtMost, kAtLeast };

struct Claim {
  std::string id;         // stable: "freshness.p99"
  std::string statement;  // one sentence
  std::string unit;       // "s", "share", "findings"
  Rule rule = Rule::kAtMost;
  double limit = 0;
};

struct Finding {
  std::string id;
  std::optional<double> measured;
  std::string note = {};  // for people; why it was not measured
};

// Whether the claim is kept; what was not measured is not.
bool is_kept(const Claim& claim, const Finding& finding);

struct Certificate {
  std::string subject;               // version, commit and build
  std::vector<std::string> machine;  // kernel, processor, cores, memory
  std::string command;               // that repeats it
  std::string method;                // what was done, in a few sentences
  Timestamp begun{};
  Timestamp ended{};
  bool interrupted = false;
  std::vector<Claim> claims;
  std::vector<Finding> findings;                         // one of each claim
  std::vector<std::pair<std::string, std::string>> raw;  // JSON by name: what the findings rest on

  bool all_kept() const;
};

// The claims alone: printed before the run, and in the certificate with their digest.
std::string claims_json(const std::vector<Claim>& claims);
std::string sha256_hex(std::string_view bytes);

// An Ed25519 key pair from PEM. Errors: invalid_request.
class SigningKey {
 public:
  static Result<SigningKey> read(std::string_view pem);
  std::string public_key() const { return public_key_; }  // base64url of its 32 bytes
  // Base64url of the 64 bytes.
  Result<std::string> sign(std::string_view bytes) const;

 private:
  std::string pem_;
  std::string public_key_;
};

// The document: one JSON object, {"certificate": ..., "seal": {...}}. The seal has the SHA-256
// digest of the certificate's bytes and, with a key, their signature.
Result<std::string> seal(const Certificate& certificate, const SigningKey* key);

struct Verification {
  bool all_kept = false;
  std::string subject;
  std::string public_key;             // of the signature; empty: only a digest
  std::vector<std::string> problems;  // none: the document is as it was made
};
// Recomputes digest, signature and every verdict. `public_key` (PEM or base64url) must be the
// signer's; empty: any. Errors: invalid_request for what is no certificate.
Result<Verification> verify(std::string_view document, std::string_view public_key);

}  // namespace souk::certify
