// What the commands that make certificates share: the signing key, and what they print and write.
// Threading: the main thread.
#pragma once

#include <fstream>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "app/commands/command.h"
#include "base/error.h"
#include "certify/certificate.h"

namespace souk::app {

// Prints the error; returns the exit status.
int could_not_certify(const Invocation& invocation, const Error& error);

// Errors: invalid_request. No file: none.
Result<std::optional<certify::SigningKey>> read_signing_key(const std::string& file);

// Opened before root is given up and before anything is measured. Errors: invalid_request.
Result<std::ofstream> open_certificate(const std::string& file);

// Before anything is measured.
void print_claims(std::ostream& err, const std::vector<certify::Claim>& claims);

// Prints the findings, and writes the sealed document; returns the exit status.
int finish_certificate(const Invocation& invocation, const certify::Certificate& certificate,
                       const std::optional<certify::SigningKey>& key, std::ofstream& file);

}  // namespace souk::app
