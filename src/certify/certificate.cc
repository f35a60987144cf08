#include "certify/certificate.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include "base/encoding.h"
#include "base/json_writer.h"

namespace souk::certify {
namespace {

constexpr std::string_view kOpening = R"({"certificate":)";
constexpr std::string_view kSeal = R"(,"seal":{)";
constexpr std::size_t kPublicKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Key read_pem(std::string_view pem, EVP_PKEY* (*read)(BIO*, EVP_PKEY**, pem_password_cb*, void*)) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  // An encrypted key would ask the terminal for its password.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  return {bio ? read(bio.get(), nullptr, no_password, nullptr) : nullptr, &EVP_PKEY_free};
}

// Base64url of an Ed25519 key's public half; empty for another kind.
std::string public_half(const EVP_PKEY* key) {
  std::array<std::uint8_t, kPublicKeyBytes> raw{};
  std::size_t size = raw.size();
  if (key == nullptr || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519 ||
      EVP_PKEY_get_raw_public_key(key, raw.data(), &size) != 1) {
    return {};
  }
  return to_base64url(raw);
}

bool is_signed(std::string_view bytes, std::string_view signature, std::string_view public_key) {
  const auto raw_key = from_base64url(public_key);
  const auto raw = from_base64url(signature);
  if (!raw_key || raw_key->size() != kPublicKeyBytes || !raw || raw->size() != kSignatureBytes) {
    return false;
  }
  const Key key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw_key->data(), raw_key->size()),
      &EVP_PKEY_free);
  const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  return key && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), raw->data(), raw->size(), bytes_of(bytes).data(),
                          bytes.size()) == 1;
}

void write_claims(JsonWriter& json, const std::vector<Claim>& claims) {
  json.begin_array();
  for (const auto& claim : claims) {
    json.begin_object();
    json.member("id", claim.id);
    json.member("statement", claim.statement);
    json.member("rule", claim.rule == Rule::kAtMost ? "atMost" : "atLeast");
    json.member("limit", claim.limit);
    json.member("unit", claim.unit);
    json.end_object();
  }
  json.end_array();
}

const Finding* finding_of(const Certificate& certificate, std::string_view id) {
  const auto found = std::ranges::find(certificate.findings, id, &Finding::id);
  return found == certificate.findings.end() ? nullptr : &*found;
}

std::string certificate_json(const Certificate& certificate) {
  Buffer out;
  JsonWriter json(out);
  json.begin_object();
  json.member("schemaVersion", kSchemaVersion);
  json.member("subject", certificate.subject);
  json.key("machine");
  json.begin_array();
  for (const auto& line : certificate.machine) json.value(line);
  json.end_array();
  json.member("command", certificate.command);
  json.member("method", certificate.method);
  json.member("begun", certificate.begun);
  json.member("ended", certificate.ended);
  json.member("interrupted", certificate.interrupted);
  json.member("claimsSha256", sha256_hex(claims_json(certificate.claims)));
  json.key("claims");
  write_claims(json, certificate.claims);
  json.key("findings");
  json.begin_array();
  for (const auto& claim : certificate.claims) {
    const auto* const finding = finding_of(certificate, claim.id);
    json.begin_object();
    json.member("id", claim.id);
    json.key("measured");
    finding != nullptr && finding->measured ? json.value(*finding->measured) : json.null();
    json.member("note", finding == nullptr ? "not measured" : finding->note);
    json.member("kept", finding != nullptr && is_kept(claim, *finding));
    json.end_object();
  }
  json.end_array();
  json.member("allKept", certificate.all_kept());
  json.key("raw");
  json.begin_object();
  for (const auto& [name, text] : certificate.raw) {
    json.key(name);
    json.raw(text);
  }
  json.end_object();
  json.end_object();
  return std::string(out.view());
}

// The verdicts that follow from claims and findings as the document has them.
void judge_again(const simdjson::dom::element& certificate, Verification& result) {
  const auto claims = certificate["claims"].get_array().value();
  const auto findings = certificate["findings"].get_array().value();
  if (claims.size() != findings.size())
    result.problems.emplace_back("not every claim has a finding");
  std::vector<Claim> read;
  bool all_kept = !certificate["interrupted"].get_bool().value() && claims.size() > 0;
  auto finding = findings.begin();
  for (const auto claim : claims) {
    if (finding == findings.end()) break;
    const std::string id(claim["id"].get_string().value());
    read.push_back(
        {.id = id,
         .statement = std::string(claim["statement"].get_string().value()),
         .unit = std::string(claim["unit"].get_string().value()),
         .rule = claim["rule"].get_string().value() == "atMost" ? Rule::kAtMost : Rule::kAtLeast,
         .limit = claim["limit"].get_double()});
    const auto element = *finding;
    ++finding;
    double measured = 0;
    const bool is_measured = element["measured"].get(measured) == simdjson::SUCCESS;
    const bool kept =
        is_kept(read.back(), {id, is_measured ? std::optional(measured) : std::nullopt});
    all_kept = all_kept && kept;
    if (element["id"].get_string().value() != id || element["kept"].get_bool().value() != kept) {
      result.problems.push_back(fmt::format("the verdict on {} does not follow", id));
    }
  }
  if (certificate["claimsSha256"].get_string().value() != sha256_hex(claims_json(read))) {
    result.problems.emplace_back("the claims are not those that were fixed before the run");
  }
  if (certificate["allKept"].get_bool().value() != all_kept) {
    result.problems.emplace_back("the whole verdict does not follow");
  }
  result.all_kept = all_kept;
}

std::unexpected<Error> no_certificate() {
  return fail(ErrorCode::kInvalidRequest, "this is no certificate of `souk certify`");
}

}  // namespace

bool is_kept(const Claim& claim, const Finding& finding) {
  if (!finding.measured) return false;
  return claim.rule == Rule::kAtMost ? *finding.measured <= claim.limit
                                     : *finding.measured >= claim.limit;
}

bool Certificate::all_kept() const {
  return !interrupted && !claims.empty() && std::ranges::all_of(claims, [this](const Claim& claim) {
    const auto* const finding = finding_of(*this, claim.id);
    return finding != nullptr && is_kept(claim, *finding);
  });
}

std::string claims_json(const std::vector<Claim>& claims) {
  Buffer out;
  JsonWriter json(out);
  write_claims(json, claims);
  return std::string(out.view());
}

std::string sha256_hex(std::string_view bytes) {
  std::array<std::uint8_t, 32> digest{};
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return to_hex(digest);
}

Result<SigningKey> SigningKey::read(std::string_view pem) {
  SigningKey key;
  key.pem_ = pem;
  key.public_key_ = public_half(read_pem(pem, &PEM_read_bio_PrivateKey).get());
  if (!key.public_key_.empty()) return key;
  return fail(ErrorCode::kInvalidRequest,
              "no Ed25519 private key in PEM without a password; `openssl genpkey -algorithm "
              "ed25519` makes one");
}

Result<std::string> SigningKey::sign(std::string_view bytes) const {
  const auto key = read_pem(pem_, &PEM_read_bio_PrivateKey);
  const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::array<std::uint8_t, kSignatureBytes> signature{};
  std::size_t size = signature.size();
  if (!key || !context ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, bytes_of(bytes).data(),
                     bytes.size()) != 1) {
    return fail(ErrorCode::kInternal, "OpenSSL cannot sign");
  }
  return to_base64url(signature);
}

Result<std::string> seal(const Certificate& certificate, const SigningKey* key) {
  const auto text = certificate_json(certificate);
  auto document = fmt::format(R"({}{}{}"sha256":"{}")", kOpening, text, kSeal, sha256_hex(text));
  if (key != nullptr) {
    const auto signature = key->sign(text);
    if (!signature) return std::unexpected(signature.error());
    document += fmt::format(R"(,"ed25519":{{"publicKey":"{}","signature":"{}"}})",
                            key->public_key(), *signature);
  }
  return document + "}}\n";
}

Result<Verification> verify(std::string_view document, std::string_view public_key) {
  // The seal comes last and contains no quoted text but its own: the last match is it.
  const auto at = document.rfind(kSeal);
  if (!document.starts_with(kOpening) || at == document.npos) return no_certificate();
  const auto text = document.substr(kOpening.size(), at - kOpening.size());
  try {
    simdjson::dom::parser parser;
    const simdjson::dom::element root = parser.parse(document.data(), document.size());
    const simdjson::dom::element certificate = root["certificate"];
    Verification result{.subject = std::string(certificate["subject"].get_string().value())};
    if (root["seal"]["sha256"].get_string().value() != sha256_hex(text)) {
      result.problems.emplace_back("the digest is not that of the certificate: it was changed");
    }
    simdjson::dom::element signature;
    if (root["seal"]["ed25519"].get(signature) == simdjson::SUCCESS) {
      result.public_key = signature["publicKey"].get_string().value();
      if (!is_signed(text, signature["signature"].get_string().value(), result.public_key)) {
        result.problems.emplace_back("the signature is not of this certificate and its key");
      }
    }
    if (!public_key.empty()) {
      const auto pem = public_half(read_pem(public_key, &PEM_read_bio_PUBKEY).get());
      if (result.public_key != (pem.empty() ? std::string(public_key) : pem)) {
        result.problems.emplace_back(result.public_key.empty() ? "it is not signed"
                                                               : "it is signed by another key");
      }
    }
    judge_again(certificate, result);
    return result;
  } catch (const simdjson::simdjson_error&) {
    return no_certificate();
  }
}

}  // namespace souk::certify
