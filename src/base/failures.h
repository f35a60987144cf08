// Infrastructure that could not do what it was asked, as exceptions: the database, a queue, the
// cache. Their texts hold no value of a row or a parameter, so they may be logged.
// Threading: plain values.
#pragma once

#include <stdexcept>

namespace souk {

// Only its two branches are thrown: Unavailable and OutcomeUnknown.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Nothing was changed; it may be tried again.
class Unavailable : public Failure {
 public:
  using Failure::Failure;
};

// Too many wait already, or what they wait for did not come free in time. The text says what.
class Overloaded final : public Unavailable {
 public:
  using Unavailable::Unavailable;
};

// The context's deadline or the time-out of a command passed.
class Timeout final : public Unavailable {
 public:
  using Unavailable::Unavailable;
};

// The database takes no writes: a standby, one that was made read-only, or a role without the
// right.
class ReadOnly final : public Unavailable {
 public:
  using Unavailable::Unavailable;
};

// A write or a COMMIT was sent and not answered: it may have happened or not. Or it was answered
// with a warning that no standby may have it: it has happened here and may not last.
class OutcomeUnknown final : public Failure {
 public:
  using Failure::Failure;
};

}  // namespace souk
