#include "api/wire/error_codes.h"

#include <array>

#include "accounts/error_codes.h"
#include "bulk/error_codes.h"
#include "catalog/error_codes.h"
#include "checkout/error_codes.h"
#include "http/error_codes.h"
#include "inventory/error_codes.h"
#include "webhooks/error_codes.h"

namespace souk::api {
namespace {

constexpr auto kAll = std::to_array<ErrorCode>({
    ErrorCode::kInvalidRequest,
    ErrorCode::kValidationFailed,
    ErrorCode::kUnauthenticated,
    accounts::errors::kInvalidCredentials,
    accounts::errors::kWrongPassword,
    accounts::errors::kInvalidToken,
    ErrorCode::kForbidden,
    ErrorCode::kNotFound,
    http::errors::kMethodNotAllowed,
    http::errors::kNotAcceptable,
    accounts::errors::kEmailTaken,
    accounts::errors::kOrdersOpen,
    inventory::errors::kOutOfStock,
    catalog::errors::kUnknownProduct,
    checkout::errors::kUnknownAddress,
    checkout::errors::kAddressRequired,
    catalog::errors::kUnknownCategory,
    catalog::errors::kCategoryTaken,
    catalog::errors::kCategoryLoop,
    catalog::errors::kCategoryNotEmpty,
    catalog::errors::kSearchBusy,
    catalog::errors::kSearchTooLong,
    bulk::errors::kImportRunning,
    checkout::errors::kNotCancellable,
    checkout::errors::kIllegalTransition,
    checkout::errors::kPaymentDeclined,
    checkout::errors::kPaymentConflict,
    checkout::errors::kInvalidSignature,
    checkout::errors::kReservationNotHeld,
    checkout::errors::kIdempotencyKeyReused,
    webhooks::errors::kWebhookDisabled,
    ErrorCode::kLimitReached,
    ErrorCode::kPreconditionFailed,
    http::errors::kUnsupportedMediaType,
    http::errors::kRequestTooLarge,
    http::errors::kRequestTimeout,
    ErrorCode::kTooManyRequests,
    ErrorCode::kOverloaded,
    ErrorCode::kUnavailable,
    ErrorCode::kReadOnly,
    ErrorCode::kOutcomeUnknown,
    ErrorCode::kDeadlineExceeded,
    ErrorCode::kInternal,
});

}  // namespace

std::span<const ErrorCode> error_codes() { return kAll; }

}  // namespace souk::api
