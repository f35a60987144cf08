#include "app/commands/certificate_output.h"

#include <fmt/ostream.h>

#include <algorithm>

#include "base/files.h"
#include "loadtest/loadtest.h"

namespace souk::app {
namespace {

void print_certificate(std::ostream& out, const certify::Certificate& certificate) {
  fmt::print(out, "{}\n", certificate.subject);
  for (const auto& line : certificate.machine) fmt::print(out, "{}\n", line);
  fmt::print(out, "\n");
  for (const auto& claim : certificate.claims) {
    const auto found = std::ranges::find(certificate.findings, claim.id, &certify::Finding::id);
    const bool known = found != certificate.findings.end();
    const auto measured = known && found->measured ? fmt::format("{:.4g}", *found->measured)
                                                   : std::string("not measured");
    fmt::print(out, "{:<9}{:<26}{:>12} ({} {:.4g} {})  {}\n",
               known && certify::is_kept(claim, *found) ? "kept" : "NOT KEPT", claim.id, measured,
               claim.rule == certify::Rule::kAtMost ? "at most" : "at least", claim.limit,
               claim.unit, known ? found->note : "");
  }
  fmt::print(out, "\nall claims kept: {}\n", certificate.all_kept() ? "yes" : "NO");
}

}  // namespace

int could_not_certify(const Invocation& invocation, const Error& error) {
  fmt::print(invocation.err, "souk certify: {}\n", error.detail);
  return error.code == ErrorCode::kInvalidRequest ? kExitUsage : loadtest::kExitCouldNotRun;
}

Result<std::optional<certify::SigningKey>> read_signing_key(const std::string& file) {
  if (file.empty()) return std::nullopt;
  const auto pem = read_file(file);
  if (!pem) return fail(ErrorCode::kInvalidRequest, "--key: " + pem.error());
  auto key = certify::SigningKey::read(*pem);
  if (!key) return fail(ErrorCode::kInvalidRequest, "--key: " + key.error().detail);
  return *std::move(key);
}

Result<std::ofstream> open_certificate(const std::string& file) {
  std::ofstream opened(file, std::ios::binary | std::ios::trunc);
  if (opened) return opened;
  return fail(ErrorCode::kInvalidRequest, fmt::format("cannot write {}", file));
}

void print_claims(std::ostream& err, const std::vector<certify::Claim>& claims) {
  fmt::print(err, "claims, fixed now (SHA-256 {}):\n",
             certify::sha256_hex(certify::claims_json(claims)));
  for (const auto& claim : claims) {
    fmt::print(err, "  {}: {} {} {:.4g} {}\n", claim.id, claim.statement,
               claim.rule == certify::Rule::kAtMost ? "At most" : "At least", claim.limit,
               claim.unit);
  }
  err.flush();
}

int finish_certificate(const Invocation& invocation, const certify::Certificate& certificate,
                       const std::optional<certify::SigningKey>& key, std::ofstream& file) {
  print_certificate(invocation.out, certificate);
  const auto document = certify::seal(certificate, key ? &*key : nullptr);
  if (!document) return could_not_certify(invocation, document.error());
  file << *document;
  if (!file.flush()) {
    return could_not_certify(invocation,
                             {ErrorCode::kUnavailable, "the certificate cannot be written"});
  }
  return certificate.all_kept() ? kExitOk : kExitFailure;
}

}  // namespace souk::app
