// Types shared by all resources, as JSON.
// Threading: constants.
#pragma once

#include "api/wire/describe.h"
#include "base/actor.h"
#include "base/error.h"
#include "inventory/types.h"

namespace souk::api {

template <>
inline constexpr auto describe<Money> =
    object({.name = "Money",
            .meaning = "An amount in minor units of its currency: 1999 EUR is 19.99 euros.",
            .example = R"({"amount":1999,"currency":"EUR"})"},
           field("amount", &Money::amount, {.minimum = 0}),
           field("currency", &Money::currency, {.meaning = "ISO 4217.", .pattern = "^[A-Z]{3}$"}));

template <>
inline constexpr auto describe<Actor> =
    object({.name = "Actor", .meaning = "The actor of a change."},
           field("kind", &Actor::kind, kActorKindNames),
           field("id", &Actor::id, {.meaning = "The user's id."}));

template <>
inline constexpr auto describe<inventory::Line> =
    object({.name = "OrderLine",
            .meaning = "A number of units of a product; lines of the same product are added up.",
            .example = R"({"productId":"018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01","quantity":2})"},
           field("productId", &inventory::Line::product_id),
           field("quantity", &inventory::Line::quantity,
                 {.meaning = "Units.", .minimum = 1, .maximum = 1'000'000}));

template <>
inline constexpr auto describe<inventory::Shortage> =
    object({.name = "Shortage", .meaning = "A line without enough units."},
           field("productId", &inventory::Shortage::product_id),
           field("requested", &inventory::Shortage::requested,
                 {.meaning = "Units requested.", .minimum = 1, .maximum = inventory::kMaxQuantity}),
           field("available", &inventory::Shortage::available,
                 {.meaning = "Units that are left.", .minimum = 0}));

template <>
inline constexpr auto describe<FieldError> = object(
    {.name = "FieldError", .meaning = "A member or parameter that was refused."},
    field(
        "pointer", &FieldError::pointer,
        {.meaning = "JSON pointer (RFC 6901) into the body, or the name of the parameter or header "
                    "field."}),
    field("reason", &FieldError::reason));

}  // namespace souk::api
