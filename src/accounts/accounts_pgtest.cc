#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "accounts/accounts.h"
#include "accounts/error_codes.h"
#include "accounts/store.h"
#include "accounts/token.h"
#include "base/encoding.h"
#include "postgres/test_database.h"
#include "runtime/scope.h"
#include "runtime/test_until.h"

namespace souk::accounts {
namespace {

using runtime::Context;
using runtime::Task;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto kPassword = "correct horse";

ClientNetwork network(std::string_view address) {
  return ClientNetwork(IpAddress::parse(address).value());
}

const ClientNetwork kHome = network("203.0.113.7");

AddressDraft draft(std::string city, bool is_default = false) {
  return {.label = "Home",
          .recipient = "Ada",
          .line1 = "1 Main St",
          .line2 = "",
          .city = std::move(city),
          .postal_code = "N1",
          .country = "GB",
          .is_default = is_default};
}

class AccountsTest : public testing::Test {
 public:
  AccountsTest() : pool_(loop_, registry_, config()) { loop_.run_until_done(pool_.start()); }
  ~AccountsTest() override { loop_.run_until_done(pool_.close()); }

  postgres::PoolConfig config() {
    postgres::PoolConfig config;
    config.conninfo = database_.conninfo();
    config.max_connections = 8;
    return config;
  }

  template <class T>
  T run(Task<T> task) {
    return loop_.run_until_done(std::move(task));
  }
  void at_once(std::vector<Task<void>> tasks) { run(join(loop_, std::move(tasks))); }
  static Task<void> join(runtime::Loop& loop, std::vector<Task<void>> tasks) {
    runtime::Scope scope(loop);
    for (auto& task : tasks) scope.spawn(std::move(task));
    co_await scope.join();
  }
  // Statements since the previous call.
  std::uint32_t take_statements() { return std::exchange(context_.statements, 0); }

  User registered(std::string email = "ada@example.com") {
    return run(accounts_.register_user(context_, {std::move(email), kPassword, "Ada"}, kHome))
        .value();
  }
  Session signed_in() {
    return run(accounts_.sign_in(context_, {"ada@example.com", kPassword}, kHome)).value();
  }
  // The outcome of a sign-in: an error's code, or "signed in".
  std::string try_to_sign_in(Accounts& accounts, std::string email, std::string password,
                             const ClientNetwork& from) {
    const auto session =
        run(accounts.sign_in(context_, {std::move(email), std::move(password)}, from));
    return session ? "signed in" : std::string(session.error().error.code.name());
  }
  // How many wrong passwords are checked before one is delayed, each from another network. On a
  // slow machine the first delays may end before the next attempt.
  int guesses_until_delayed(Accounts& accounts, const std::string& email) {
    for (int i = 0; i < 20; ++i) {
      const auto outcome = try_to_sign_in(accounts, email, "wrong password",
                                          network(fmt::format("198.51.100.{}", i)));
      if (outcome == "too_many_requests") return i;
      EXPECT_EQ(outcome, "invalid_credentials");
    }
    return -1;
  }
  ErrorCode authentication_error(std::string_view token) {
    return run(accounts_.authenticate(context_, token)).error().code;
  }
  Address added(const User& user, std::string city, bool is_default = false) {
    return run(accounts_.add_address(context_, user.id, draft(std::move(city), is_default)))
        .value();
  }
  // The cities in order, the default one with a star.
  std::vector<std::string> cities(const User& user) {
    std::vector<std::string> names;
    for (const auto& address : run(accounts_.addresses(context_, user.id))) {
      names.push_back(address.city + (address.is_default ? "*" : ""));
    }
    return names;
  }

  std::string value(const std::string& statement) {
    auto connection = database_.connect();
    const auto rows = connection.run(statement);
    if (!rows) throw std::runtime_error(rows.error().detail);
    return rows->size() == 0 ? "" : std::string(rows->text(0, 0));
  }
  void send_order_to(const User& user, const Address& address) {
    value(
        "INSERT INTO orders (id, user_id, total, currency, address_id) VALUES "
        "(gen_random_uuid(), '" +
        user.id.value.to_string() + "', 0, 'EUR', '" + address.id.value.to_string() + "')");
  }

  postgres::TestDatabase database_;
  telemetry::Registry registry_;
  runtime::Loop loop_;
  runtime::Offload offload_{2, 16};
  SystemClock system_clock_;
  ManualClock clock_{system_clock_.now()};
  SystemRandom random_;
  UuidGenerator ids_{clock_, random_};
  postgres::Pool pool_;
  Context context_;
  telemetry::Log log_{telemetry::LogLevel::kError, 2, system_clock_, registry_};
  SignInGuard guard_{{}, registry_, log_};
  redis::SharedSecret secret_;
  SharedFailures failures_{nullptr, secret_, registry_};
  Accounts accounts_{pool_, loop_, {offload_, guard_, failures_}, clock_, ids_, registry_};
};

// One of many concurrent requests, each with a deadline of its own.
struct Asking {
  std::string token;
  Context context;
  std::optional<Result<Principal>> answer;
  bool timed_out = false;
};

Task<void> ask(Accounts& accounts, Asking& asking) {
  try {
    asking.answer = co_await accounts.authenticate(asking.context, asking.token);
  } catch (const Timeout&) {
    asking.timed_out = true;
  }
}

TEST_F(AccountsTest, TokensThatAreAskedForAtOnceAreOneStatement) {
  const auto ada = registered();
  const auto eve = registered("eve@example.com");
  const auto token = signed_in().token;
  const auto others =
      run(accounts_.sign_in(context_, {"eve@example.com", kPassword}, kHome)).value().token;
  std::vector<Asking> asking(4);
  asking[0].token = token;
  asking[1].token = others;
  asking[2].token = make_token();
  asking[3].token = token;
  std::vector<Task<void>> tasks;
  for (auto& one : asking) tasks.push_back(ask(accounts_, one));
  at_once(std::move(tasks));
  EXPECT_EQ(asking[0].answer.value()->user_id, ada.id);
  EXPECT_EQ(asking[1].answer.value()->user_id, eve.id);
  EXPECT_EQ(asking[2].answer.value().error().code, ErrorCode::kUnauthenticated);
  EXPECT_EQ(asking[3].answer.value()->user_id, ada.id);
  for (const auto& one : asking) EXPECT_EQ(one.context.statements, 1u);
  Buffer metrics;
  registry_.render(metrics);
  EXPECT_THAT(
      metrics.view(),
      testing::HasSubstr("souk_db_statements_total{statement=\"accounts.principals\"} 1\n"));
}

TEST_F(AccountsTest, WhoseTimeIsOverTakesNobodyAlong) {
  const auto ada = registered();
  std::vector<Asking> asking(3);
  for (auto& one : asking) one.token = signed_in().token;
  asking[0].context.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  std::vector<Task<void>> tasks;
  for (auto& one : asking) tasks.push_back(ask(accounts_, one));
  at_once(std::move(tasks));
  EXPECT_TRUE(asking[0].timed_out);
  EXPECT_EQ(asking[1].answer.value()->user_id, ada.id);
  EXPECT_EQ(asking[2].answer.value()->user_id, ada.id);
}

TEST_F(AccountsTest, WhoRegistersCanSignInAndIsKnownByTheToken) {
  const auto user = registered("Ada@Example.com");
  EXPECT_EQ(user.email, "ada@example.com");
  EXPECT_FALSE(user.is_admin);
  EXPECT_EQ(user.created_at, clock_.now());
  EXPECT_EQ(take_statements(), 1u);

  const auto session =
      run(accounts_.sign_in(context_, {"ADA@example.com", kPassword}, kHome)).value();
  EXPECT_EQ(session.user.id, user.id);
  EXPECT_EQ(session.expires_at, clock_.now() + AccountsConfig().session_idle_lifetime);
  EXPECT_EQ(take_statements(), 2u);

  const auto principal = run(accounts_.authenticate(context_, session.token)).value();
  EXPECT_EQ(principal.user_id, user.id);
  EXPECT_FALSE(principal.is_admin);
  EXPECT_EQ(take_statements(), 1u);
}

TEST_F(AccountsTest, NeitherPasswordNorTokenIsKept) {
  registered();
  const auto session = signed_in();
  EXPECT_THAT(value("SELECT password_hash FROM users"), testing::StartsWith("$argon2id$"));
  EXPECT_EQ(value("SELECT encode(token_hash, 'hex') FROM sessions"),
            to_hex(*hash_token(session.token)));
}

TEST_F(AccountsTest, OneAddressOneAccountWhoeverRegistersAtTheSameTime) {
  struct Tally {
    int made = 0;
    int taken = 0;
  } tally;
  const auto one = [](AccountsTest& test, Tally& count) -> Task<void> {
    Context context;
    const auto user =
        co_await test.accounts_.register_user(context, {"ada@example.com", kPassword, "Ada"}, {});
    ++(user ? count.made : count.taken);
  };
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 5; ++i) tasks.push_back(one(*this, tally));
  at_once(std::move(tasks));
  EXPECT_EQ(tally.made, 1);
  EXPECT_EQ(tally.taken, 4);
}

TEST_F(AccountsTest, WrongPasswordAndUnknownAddressLookTheSame) {
  registered();
  take_statements();
  const auto wrong =
      run(accounts_.sign_in(context_, {"ada@example.com", "wrong"}, kHome)).error().error;
  EXPECT_EQ(take_statements(), 1u);
  const auto unknown =
      run(accounts_.sign_in(context_, {"bob@example.com", kPassword}, kHome)).error().error;
  EXPECT_EQ(take_statements(), 1u);
  EXPECT_EQ(wrong.code, errors::kInvalidCredentials);
  EXPECT_EQ(wrong.code, unknown.code);
  EXPECT_EQ(wrong.detail, unknown.detail);
}

// 200 wrong passwords a minute were checked. A delay per account alone would let anybody lock its
// owner out.
TEST_F(AccountsTest, GuessingFromElsewhereIsDelayedAndTheOwnerAtHomeIsNot) {
  registered();
  signed_in();
  EXPECT_GE(guesses_until_delayed(accounts_, "ada@example.com"), 5);
  EXPECT_EQ(try_to_sign_in(accounts_, "ada@example.com", kPassword, kHome), "signed in");

  // The owner's known networks survive a restart.
  SignInGuard new_guard({}, registry_, log_);
  Accounts restarted(pool_, loop_, {offload_, new_guard, failures_}, clock_, ids_, registry_);
  EXPECT_GE(guesses_until_delayed(restarted, "ada@example.com"), 5);
  EXPECT_EQ(try_to_sign_in(restarted, "ada@example.com", kPassword, kHome), "signed in");
}

TEST_F(AccountsTest, AccountsThatDoNotExistAreDelayedAsOthersAre) {
  EXPECT_GE(guesses_until_delayed(accounts_, "nobody@example.com"), 5);
}

TEST_F(AccountsTest, ANetworkIsKnownForAWhile) {
  registered();
  signed_in();
  const auto known = [this](const ClientNetwork& from, Timestamp now) {
    const auto hash = network_hash("ada@example.com", from);
    const auto login =
        run(store::find_login(pool_, context_, "ada@example.com", hash, now - kLately));
    return login.value().known_network;
  };
  EXPECT_TRUE(known(kHome, clock_.now()));
  EXPECT_FALSE(known(network("203.0.113.8"), clock_.now()));
  EXPECT_FALSE(known(kHome, clock_.now() + kLately));
}

// Other users of the machine, or of a proxy that names no client, have no network either.
TEST_F(AccountsTest, ClientsWithoutANetworkAreNeverKnown) {
  const auto user = registered();
  EXPECT_EQ(try_to_sign_in(accounts_, user.email, kPassword, {}), "signed in");
  EXPECT_EQ(value("SELECT count(*) FROM known_networks"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM sessions"), "1");

  // As earlier versions stored it.
  value("INSERT INTO known_networks (user_id, network_hash, last_at) SELECT id, '\\x" +
        to_hex(network_hash(user.email, {})) + "', now() FROM users");
  const SignInGuard::Try tried{
      .email = user.email, .network = network("198.51.100.1"), .known_network = false};
  const auto later = std::chrono::steady_clock::now() + std::chrono::hours(1);
  while (guard_.admit(tried, later).count() == 0) {
  }
  EXPECT_EQ(try_to_sign_in(accounts_, user.email, kPassword, {}), "too_many_requests");
}

TEST_F(AccountsTest, OnlyTheLatestNetworksOfAnAccountAreRemembered) {
  registered();
  for (std::size_t i = 0; i < kNetworksRemembered + 2; ++i) {
    EXPECT_EQ(try_to_sign_in(accounts_, "ada@example.com", kPassword,
                             network(fmt::format("198.51.100.{}", i))),
              "signed in");
    clock_.advance(std::chrono::seconds(1));
  }
  EXPECT_EQ(value("SELECT count(*) FROM known_networks"), std::to_string(kNetworksRemembered));
  const auto known = [this](const ClientNetwork& from) {
    const auto hash = network_hash("ada@example.com", from);
    return value("SELECT count(*) FROM known_networks WHERE network_hash = '\\x" + to_hex(hash) +
                 "'");
  };
  EXPECT_EQ(known(network("198.51.100.1")), "0");
  EXPECT_EQ(known(network("198.51.100.2")), "1");
}

TEST_F(AccountsTest, TokenThatCanBeNoneCostsNoStatement) {
  EXPECT_EQ(authentication_error("nonsense"), ErrorCode::kUnauthenticated);
  EXPECT_EQ(take_statements(), 0u);
  EXPECT_EQ(authentication_error(make_token()), ErrorCode::kUnauthenticated);
  EXPECT_EQ(take_statements(), 1u);
}

TEST_F(AccountsTest, SessionEndsWithSignOutAlone) {
  registered();
  const auto session = signed_in();
  const auto other = signed_in();
  run(accounts_.sign_out(context_, session.token));
  run(accounts_.sign_out(context_, session.token));  // again: no error
  EXPECT_EQ(authentication_error(session.token), ErrorCode::kUnauthenticated);
  EXPECT_TRUE(run(accounts_.authenticate(context_, other.token)));
}

TEST_F(AccountsTest, SessionExpiresAndIsThenClearedAway) {
  registered();
  const auto session = signed_in();
  clock_.advance(AccountsConfig().session_idle_lifetime - std::chrono::microseconds(1));
  EXPECT_TRUE(run(accounts_.authenticate(context_, session.token)));
  clock_.advance(std::chrono::microseconds(1));
  EXPECT_EQ(authentication_error(session.token), ErrorCode::kUnauthenticated);
  const auto later = signed_in();
  run(store::delete_expired_sessions(pool_, context_, clock_.now()));
  EXPECT_EQ(value("SELECT count(*) FROM sessions"), "1");
  EXPECT_TRUE(run(accounts_.authenticate(context_, later.token)));
}

TEST_F(AccountsTest, ASessionInUseOutlivesTheIdleLifetimeButNotTheAbsoluteOne) {
  registered();
  const auto session = signed_in();
  const AccountsConfig config;
  const auto end = clock_.now() + config.session_lifetime;
  const auto step = config.session_idle_lifetime / 2;
  while (clock_.now() + step < end) {
    clock_.advance(step);
    EXPECT_TRUE(run(accounts_.authenticate(context_, session.token)));
    run(accounts_.note_session_uses(context_));
  }
  clock_.advance(end - clock_.now() - std::chrono::microseconds(1));
  EXPECT_TRUE(run(accounts_.authenticate(context_, session.token)));
  run(accounts_.note_session_uses(context_));
  clock_.advance(std::chrono::microseconds(1));
  EXPECT_EQ(authentication_error(session.token), ErrorCode::kUnauthenticated);
}

TEST_F(AccountsTest, UsesOfASessionAreWrittenAtAnIntervalAndNeverByARequest) {
  const auto user = registered();
  const auto session = signed_in();
  const auto begun = clock_.now();
  const auto noted = [&] {
    run(accounts_.note_session_uses(context_));
    return run(accounts_.sessions(context_, user.id, session.token)).front().last_used_at;
  };
  take_statements();
  clock_.advance(SessionUses::kLongestKept - std::chrono::microseconds(1));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(run(accounts_.authenticate(context_, session.token)));
  EXPECT_EQ(take_statements(), 10u);  // the look-ups
  EXPECT_EQ(noted(), begun);
  clock_.advance(std::chrono::microseconds(1));
  take_statements();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(run(accounts_.authenticate(context_, session.token)));
  EXPECT_EQ(take_statements(), 10u);
  EXPECT_EQ(noted(), clock_.now());
  EXPECT_EQ(take_statements(), 2u);  // one note of all uses, and the list
  run(accounts_.note_session_uses(context_));
  EXPECT_EQ(take_statements(), 0u);
}

// Such as the seed's, which programs use.
TEST_F(AccountsTest, ASessionMadeToLastLongerIsNotShortenedByItsUse) {
  registered();
  const auto session = signed_in();
  const auto end = value("UPDATE sessions SET expires_at = '2199-01-01' RETURNING expires_at");
  clock_.advance(std::chrono::hours(1));
  EXPECT_TRUE(run(accounts_.authenticate(context_, session.token)));
  run(accounts_.note_session_uses(context_));
  EXPECT_EQ(value("SELECT expires_at FROM sessions WHERE last_used_at > created_at"), end);
}

TEST_F(AccountsTest, OwnSessionsAreListedWithTheCurrentOneMarked) {
  const auto user = registered();
  registered("eve@example.com");
  run(accounts_.sign_in(context_, {"eve@example.com", kPassword}, kHome, "Eve's")).value();
  const auto phone =
      run(accounts_.sign_in(context_, {user.email, kPassword}, kHome, "Phone\r\n\x80")).value();
  clock_.advance(std::chrono::minutes(1));
  const auto desk =
      run(accounts_.sign_in(context_, {user.email, kPassword}, kHome, std::string(500, 'D')))
          .value();
  const auto sessions = run(accounts_.sessions(context_, user.id, phone.token));
  ASSERT_EQ(sessions.size(), 2u);
  EXPECT_EQ(sessions[0].client, std::string(kMaxClientLength, 'D'));
  EXPECT_EQ(sessions[0].created_at, clock_.now());
  EXPECT_EQ(sessions[0].expires_at, desk.expires_at);
  EXPECT_FALSE(sessions[0].is_current);
  EXPECT_EQ(sessions[1].client, "Phone???");
  EXPECT_TRUE(sessions[1].is_current);
}

TEST_F(AccountsTest, ASessionIsEndedByItsUserAlone) {
  const auto ada = registered();
  const auto eve = registered("eve@example.com");
  const auto session = signed_in();
  const auto other = signed_in();
  const auto sessions = run(accounts_.sessions(context_, ada.id, other.token));
  const auto id = std::ranges::find(sessions, false, &OwnSession::is_current)->id;
  EXPECT_EQ(run(accounts_.end_session(context_, eve.id, id)).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(run(accounts_.authenticate(context_, session.token)));
  EXPECT_TRUE(run(accounts_.end_session(context_, ada.id, id)));
  EXPECT_EQ(authentication_error(session.token), ErrorCode::kUnauthenticated);
  EXPECT_TRUE(run(accounts_.authenticate(context_, other.token)));
  EXPECT_FALSE(run(accounts_.end_session(context_, ada.id, id)));
}

TEST_F(AccountsTest, AllSessionsOfAUserEndTogetherAndThoseOfOthersStay) {
  const auto ada = registered();
  registered("eve@example.com");
  const auto first = signed_in();
  const auto second = signed_in();
  const auto eve = run(accounts_.sign_in(context_, {"eve@example.com", kPassword}, kHome)).value();
  run(accounts_.end_sessions(context_, ada.id));
  EXPECT_EQ(authentication_error(first.token), ErrorCode::kUnauthenticated);
  EXPECT_EQ(authentication_error(second.token), ErrorCode::kUnauthenticated);
  EXPECT_TRUE(run(accounts_.authenticate(context_, eve.token)));
}

TEST_F(AccountsTest, NumberOfSessionsIsBoundedAndTheLeastUsedEnd) {
  const auto user = registered();
  const auto first = signed_in();
  value(
      "INSERT INTO sessions (token_hash, user_id, created_at, last_used_at, expires_at) "
      "SELECT sha256(n::text::bytea), id, now(), now() + interval '1 min', now() + interval '1 day'"
      " FROM users, generate_series(1, 99) n");
  value(
      "INSERT INTO sessions (token_hash, user_id, created_at, last_used_at, expires_at, "
      "is_load_test) SELECT sha256('load test'), id, now(), now() - interval '1 day', "
      "now() + interval '1 day', true FROM users");
  EXPECT_TRUE(run(accounts_.authenticate(context_, first.token)));
  const auto last = signed_in();
  EXPECT_EQ(authentication_error(first.token), ErrorCode::kUnauthenticated);
  EXPECT_TRUE(run(accounts_.authenticate(context_, last.token)));
  EXPECT_EQ(
      value("SELECT count(*) FILTER (WHERE NOT is_load_test) || ' ' || count(*) FROM sessions"),
      "100 101");
  EXPECT_EQ(run(accounts_.sessions(context_, user.id, last.token)).size(), kMaxSessions);
}

TEST_F(AccountsTest, APasswordIsChangedByWhoKnowsItAndEndsTheOtherSessions) {
  const auto user = registered();
  const auto session = signed_in();
  const auto other = signed_in();
  take_statements();
  EXPECT_TRUE(run(accounts_.change_password(context_, user.id, {kPassword, "fine mule clip"},
                                            session.token, kHome)));
  EXPECT_EQ(take_statements(), 4u);
  EXPECT_TRUE(run(accounts_.authenticate(context_, session.token)));
  EXPECT_EQ(authentication_error(other.token), ErrorCode::kUnauthenticated);
  EXPECT_EQ(try_to_sign_in(accounts_, user.email, kPassword, kHome), "invalid_credentials");
  EXPECT_EQ(try_to_sign_in(accounts_, user.email, "fine mule clip", kHome), "signed in");
}

TEST_F(AccountsTest, ARefusedChangeOfThePasswordChangesNothing) {
  const auto user = registered();
  const auto session = signed_in();
  const auto other = signed_in();
  const auto refusal = [&](std::string current, std::string replacement) {
    const auto changed = run(accounts_.change_password(
        context_, user.id, {std::move(current), std::move(replacement)}, session.token, kHome));
    return changed.error().error;
  };
  EXPECT_EQ(refusal("wrong password", "fine mule clip").code, errors::kWrongPassword);
  const auto weak = refusal(kPassword, user.email);
  EXPECT_EQ(weak.code, ErrorCode::kValidationFailed);
  EXPECT_EQ(weak.fields.front().pointer, "/newPassword");
  EXPECT_EQ(refusal(kPassword, "short").fields.front().pointer, "/newPassword");
  EXPECT_EQ(refusal("", "fine mule clip").fields.front().pointer, "/currentPassword");
  EXPECT_TRUE(run(accounts_.authenticate(context_, other.token)));
  EXPECT_EQ(try_to_sign_in(accounts_, user.email, kPassword, kHome), "signed in");
}

// Whoever has a session must not be able to guess its account's password.
TEST_F(AccountsTest, GuessingBySessionIsDelayedAsGuessingBySignInIs) {
  const auto user = registered();
  const auto session = signed_in();
  std::string outcome = "wrong_password";
  int checked = 0;
  for (; checked < 20 && outcome == "wrong_password"; ++checked) {
    const auto changed = run(accounts_.change_password(
        context_, user.id, {"wrong", "fine mule clip"}, session.token, network("198.51.100.9")));
    outcome = changed.error().error.code.name();
  }
  EXPECT_EQ(outcome, "too_many_requests");
  EXPECT_GE(checked, 5);
}

// A sign-in that had checked the old password must not outlive its change.
TEST_F(AccountsTest, NoSessionBeginsWithAPasswordThatWasChangedMeanwhile) {
  const auto user = registered();
  const auto login = run(store::find_login(pool_, context_, user.email, {}, clock_.now())).value();
  const auto begin = [&](std::uint8_t token) {
    return run(store::insert_session(pool_, context_, login,
                                     {.token = {token},
                                      .client = "",
                                      .begins_at = clock_.now(),
                                      .expires_at = clock_.now() + std::chrono::hours(1),
                                      .network = std::nullopt,
                                      .audit_id = ids_.next()}));
  };
  EXPECT_TRUE(begin(1));
  EXPECT_TRUE(run(
      store::change_password(pool_, context_, user.id, login.password_hash, "another hash", {})));
  EXPECT_FALSE(begin(2));
  EXPECT_EQ(value("SELECT count(*) FROM sessions"), "0");
  EXPECT_FALSE(run(
      store::change_password(pool_, context_, user.id, login.password_hash, "a third hash", {})));
}

// The change waits for the sign-in, and then sees its session.
TEST_F(AccountsTest, ASessionThatIsBeginningEndsWithTheChangeOfThePassword) {
  const auto user = registered();
  signed_in();
  auto beginning = database_.connect();
  ASSERT_TRUE(beginning.execute("BEGIN"));
  ASSERT_TRUE(
      beginning.execute("INSERT INTO sessions (token_hash, user_id, expires_at) "
                        "SELECT sha256('x'), id, now() + interval '1 h' FROM users FOR SHARE"));
  const auto change = [](AccountsTest& test, UserId id) -> Task<void> {
    Context context;
    EXPECT_TRUE(co_await test.accounts_.change_password(context, id, {kPassword, "fine mule clip"},
                                                        make_token(), kHome));
  };
  const auto commit = [](AccountsTest& test, postgres::BlockingConnection& other) -> Task<void> {
    co_await runtime::until(test.loop_, [&test] {
      return test.value(
                 "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                 "AND datname = current_database()") == "1";
    });
    EXPECT_TRUE(other.execute("COMMIT"));
  };
  std::vector<Task<void>> tasks;
  tasks.push_back(change(*this, user.id));
  tasks.push_back(commit(*this, beginning));
  at_once(std::move(tasks));
  EXPECT_EQ(value("SELECT count(*) FROM sessions"), "0");
}

// The order needs what erasing the account would take away.
TEST_F(AccountsTest, AnAccountIsNotErasedUnderAnOrderThatIsBeingPlaced) {
  const auto user = registered();
  auto buyer = database_.connect();
  ASSERT_TRUE(buyer.execute("BEGIN"));
  ASSERT_TRUE(
      buyer.execute("INSERT INTO orders (id, user_id, total, currency) "
                    "SELECT gen_random_uuid(), id, 0, 'EUR' FROM users"));
  const auto erase = [](AccountsTest& test, UserId id) -> Task<void> {
    Context context;
    const auto erased = co_await test.accounts_.erase(context, id, {kPassword}, kHome);
    EXPECT_FALSE(erased);
    EXPECT_EQ(erased.error().error.code, errors::kOrdersOpen);
  };
  const auto commit = [](AccountsTest& test, postgres::BlockingConnection& order) -> Task<void> {
    co_await runtime::until(test.loop_, [&test] {
      return test.value(
                 "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                 "AND datname = current_database()") == "1";
    });
    EXPECT_TRUE(order.execute("COMMIT"));
  };
  std::vector<Task<void>> tasks;
  tasks.push_back(erase(*this, user.id));
  tasks.push_back(commit(*this, buyer));
  at_once(std::move(tasks));
  EXPECT_EQ(value("SELECT email FROM users WHERE is_active"), "ada@example.com");
}

TEST_F(AccountsTest, DeactivatedUserIsLockedOutAtOnce) {
  const auto user = registered();
  const auto session = signed_in();
  value("UPDATE users SET is_active = false");
  EXPECT_EQ(authentication_error(session.token), ErrorCode::kUnauthenticated);
  EXPECT_EQ(
      run(accounts_.sign_in(context_, {"ada@example.com", kPassword}, kHome)).error().error.code,
      errors::kInvalidCredentials);
  EXPECT_EQ(run(accounts_.user(context_, user.id)).error().code, ErrorCode::kNotFound);
}

TEST_F(AccountsTest, AdministratorIsOneByRole) {
  registered();
  value("UPDATE users SET role = 'admin'");
  const auto session = signed_in();
  EXPECT_TRUE(session.user.is_admin);
  EXPECT_TRUE(run(accounts_.authenticate(context_, session.token))->is_admin);
}

TEST_F(AccountsTest, ProfileKeepsWhatIsNotChanged) {
  const auto user = registered();
  EXPECT_EQ(run(accounts_.update(context_, user.id, {}))->name, "Ada");
  EXPECT_EQ(run(accounts_.update(context_, user.id, {.name = "Ada King"}))->name, "Ada King");
  EXPECT_EQ(run(accounts_.user(context_, user.id))->name, "Ada King");
}

TEST_F(AccountsTest, ExactlyOneAddressIsTheDefault) {
  const auto user = registered();
  const auto first = added(user, "London");
  EXPECT_TRUE(first.is_default);
  const auto second = added(user, "Paris");
  EXPECT_FALSE(second.is_default);
  EXPECT_THAT(cities(user), ElementsAre("London*", "Paris"));
  added(user, "Rome", true);
  EXPECT_THAT(cities(user), ElementsAre("Rome*", "London", "Paris"));
  run(accounts_.replace_address(context_, user.id, second.id, draft("Oslo", true))).value();
  EXPECT_THAT(cities(user), ElementsAre("Oslo*", "London", "Rome"));
  // The default address changes only when another becomes the default.
  run(accounts_.replace_address(context_, user.id, second.id, draft("Bern"))).value();
  EXPECT_THAT(cities(user), ElementsAre("Bern*", "London", "Rome"));
  EXPECT_TRUE(run(accounts_.remove_address(context_, user.id, second.id)));
  EXPECT_THAT(cities(user), ElementsAre("London*", "Rome"));
}

TEST_F(AccountsTest, AddressChangesTakeTwoStatements) {
  const auto user = registered();
  take_statements();
  const auto address = added(user, "London");
  EXPECT_EQ(take_statements(), 2u);
  run(accounts_.replace_address(context_, user.id, address.id, draft("Paris"))).value();
  EXPECT_EQ(take_statements(), 2u);
  EXPECT_TRUE(run(accounts_.remove_address(context_, user.id, address.id)));
  EXPECT_EQ(take_statements(), 2u);
}

TEST_F(AccountsTest, ManyDefaultsAtOnceLeaveOne) {
  const auto user = registered();
  const auto one = [](AccountsTest& test, UserId id) -> Task<void> {
    Context context;
    EXPECT_TRUE(co_await test.accounts_.add_address(context, id, draft("London", true)));
  };
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 20; ++i) tasks.push_back(one(*this, user.id));
  at_once(std::move(tasks));
  EXPECT_EQ(value("SELECT count(*) FROM user_addresses"), "20");
  EXPECT_EQ(value("SELECT count(*) FROM user_addresses WHERE is_default"), "1");
}

TEST_F(AccountsTest, NumberOfAddressesIsBounded) {
  const auto user = registered();
  for (std::size_t i = 0; i < kMaxAddresses; ++i) added(user, "London");
  const auto extra = run(accounts_.add_address(context_, user.id, draft("Paris", true)));
  EXPECT_EQ(extra.error().code, ErrorCode::kLimitReached);
  EXPECT_EQ(value("SELECT count(*) FROM user_addresses WHERE is_default"), "1");
  const auto first = run(accounts_.addresses(context_, user.id)).front();
  EXPECT_TRUE(run(accounts_.remove_address(context_, user.id, first.id)));
  added(user, "Paris");
}

TEST_F(AccountsTest, UnusedAddressIsChangedInPlace) {
  const auto user = registered();
  const auto address = added(user, "London");
  const auto changed =
      run(accounts_.replace_address(context_, user.id, address.id, draft("Paris"))).value();
  EXPECT_EQ(changed.id, address.id);
  EXPECT_EQ(value("SELECT count(*) FROM user_addresses"), "1");
}

TEST_F(AccountsTest, AddressAnOrderWentToStaysAsItWas) {
  const auto user = registered();
  const auto address = added(user, "London");
  send_order_to(user, address);
  const auto changed =
      run(accounts_.replace_address(context_, user.id, address.id, draft("Paris"))).value();
  EXPECT_NE(changed.id, address.id);
  EXPECT_TRUE(changed.is_default);
  EXPECT_THAT(cities(user), ElementsAre("Paris*"));
  EXPECT_EQ(value("SELECT a.city FROM orders JOIN user_addresses a ON a.id = address_id"),
            "London");
}

// A change during an order to the address waits for the order.
TEST_F(AccountsTest, OrderUnderWayKeepsItsAddress) {
  const auto user = registered();
  const auto address = added(user, "London");
  auto buyer = database_.connect();
  ASSERT_TRUE(buyer.execute("BEGIN"));
  ASSERT_TRUE(
      buyer.execute("INSERT INTO orders (id, user_id, total, currency, address_id) "
                    "SELECT gen_random_uuid(), user_id, 0, 'EUR', id FROM user_addresses"));
  const auto replace = [](AccountsTest& test, UserId id, AddressId old,
                          AddressId& changed) -> Task<void> {
    Context context;
    const auto address = co_await test.accounts_.replace_address(context, id, old, draft("Paris"));
    changed = address.value().id;
  };
  const auto commit = [](AccountsTest& test, postgres::BlockingConnection& order) -> Task<void> {
    co_await runtime::until(test.loop_, [&test] {
      return test.value(
                 "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                 "AND datname = current_database()") == "1";
    });
    EXPECT_TRUE(order.execute("COMMIT"));
  };
  AddressId changed;
  std::vector<Task<void>> tasks;
  tasks.push_back(replace(*this, user.id, address.id, changed));
  tasks.push_back(commit(*this, buyer));
  at_once(std::move(tasks));
  EXPECT_NE(changed, address.id);
  EXPECT_EQ(value("SELECT a.city FROM orders JOIN user_addresses a ON a.id = address_id"),
            "London");
}

TEST_F(AccountsTest, RemovedAddressIsGoneButForItsOrders) {
  const auto user = registered();
  const auto address = added(user, "London");
  send_order_to(user, address);
  EXPECT_TRUE(run(accounts_.remove_address(context_, user.id, address.id)));
  EXPECT_THAT(cities(user), IsEmpty());
  EXPECT_EQ(run(accounts_.address(context_, user.id, address.id)).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(run(accounts_.remove_address(context_, user.id, address.id)).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(
      run(accounts_.replace_address(context_, user.id, address.id, draft("Paris"))).error().code,
      ErrorCode::kNotFound);
  EXPECT_TRUE(added(user, "Paris").is_default);
}

TEST_F(AccountsTest, AddressOfSomebodyElseDoesNotExist) {
  const auto ada = registered();
  const auto bob = registered("bob@example.com");
  const auto address = added(ada, "London");
  EXPECT_FALSE(run(accounts_.address(context_, bob.id, address.id)));
  EXPECT_FALSE(run(accounts_.replace_address(context_, bob.id, address.id, draft("Paris", true))));
  EXPECT_FALSE(run(accounts_.remove_address(context_, bob.id, address.id)));
  EXPECT_THAT(cities(ada), ElementsAre("London*"));

  const auto asked = [](postgres::Pool& pool, Context& context, UserId user,
                        AddressId id) -> Task<bool> {
    auto transaction = co_await pool.begin(context);
    const auto rows = co_await transaction.pipeline(
        store::deliveries(std::vector<store::DeliveryQuery>{{user, id}}));
    co_await transaction.commit();
    co_return store::read_deliveries(rows[0], 1).at(0).address.has_value();
  };
  EXPECT_TRUE(run(asked(pool_, context_, ada.id, address.id)));
  EXPECT_FALSE(run(asked(pool_, context_, bob.id, address.id)));
}

TEST_F(AccountsTest, RefusedInputAsksNoDatabase) {
  EXPECT_FALSE(run(accounts_.register_user(context_, {"nonsense", "short", ""}, kHome)));
  EXPECT_FALSE(run(accounts_.sign_in(context_, {"nonsense", ""}, kHome)));
  EXPECT_FALSE(run(accounts_.update(context_, {}, {.name = ""})));
  EXPECT_FALSE(run(accounts_.add_address(context_, {}, {})));
  EXPECT_FALSE(run(accounts_.replace_address(context_, {}, {}, {})));
  EXPECT_EQ(take_statements(), 0u);
}

}  // namespace
}  // namespace souk::accounts
