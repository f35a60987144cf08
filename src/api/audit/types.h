// Entries of the audit log, as JSON.
// Threading: constants.
#pragma once

#include "accounts/audit.h"
#include "api/wire/common_types.h"

namespace souk::api {

template <>
inline constexpr auto describe<accounts::audit::Entry> = object(
    {.name = "AuditEntry",
     .meaning = "Who signed in or failed to, what an administrator asked for, or what an "
                "operator did."},
    field("id", &accounts::audit::Entry::id), field("at", &accounts::audit::Entry::at),
    field("userId", &accounts::audit::Entry::user_id,
          {.meaning = "Who; null: an operator, by `souk admin`, or, of failed sign-ins, no "
                      "account, or several."}),
    field("action", &accounts::audit::Entry::action,
          {.meaning = "The operation of this document; of operators: createAdministrator, "
                      "resetAdministrator, disableAdministrator; signInFailed: wrong "
                      "passwords.",
           .example = R"("signIn")"}),
    field("subject", &accounts::audit::Entry::subject,
          {.meaning = "Its path; of operators: the path of the administrator.",
           .max_length = accounts::audit::kMaxSubject,
           .example = R"("/api/sessions")"}),
    field("network", &accounts::audit::Entry::network,
          {.meaning = "The client's network; empty: the server's own machine, or not known; "
                      "`others`, of failed sign-ins: several.",
           .example = R"("203.0.113.7")"}),
    field("times", &accounts::audit::Entry::times,
          {.meaning = "How often in the minute before, of signInFailed; else 1.", .minimum = 1}));

}  // namespace souk::api
