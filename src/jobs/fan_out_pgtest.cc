#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "jobs/event.h"
#include "jobs/fan_out.h"
#include "jobs/store.h"
#include "postgres/test_pool.h"

namespace souk::jobs {
namespace {

using runtime::Task;

// Tells of each aggregate what it was given; of others that they are gone.
class Telling final : public EventReader {
 public:
  std::string_view kind() const override { return "order.placed"; }
  Task<std::unordered_map<Uuid, std::string>> read(runtime::Context&,
                                                   std::span<const Uuid> aggregates) override {
    ++reads;
    if (away) throw Unavailable("the database is away");
    std::unordered_map<Uuid, std::string> payloads;
    for (const auto& aggregate : aggregates) {
      if (aggregate == unreadable) throw postgres::RowMismatch("column 14 (city) is NULL");
      if (of.contains(aggregate)) payloads.emplace(aggregate, of[aggregate]);
    }
    co_return payloads;
  }

  std::map<Uuid, std::string> of;
  std::optional<Uuid> unreadable;
  bool away = false;
  int reads = 0;
};

class FanOutTest : public postgres::PoolTest {
 public:
  template <class Body>
  void with_pool(Body body) {
    loop.run_until_done(postgres::run_with_pool(*this, body));
  }

  Job event(std::string kind) {
    return {.id = ids_.next(),
            .kind = std::move(kind),
            .aggregate = order_,
            .payload = R"({"orderId":"x"})",
            .created_at = clock_.now()};
  }
  static Task<void> run(FanOut& fan_out, Job job) {
    runtime::Context context;
    co_await fan_out.run(context, job);
  }
  Task<void> hand_on(postgres::Pool& pool, std::vector<Job> events) {
    EachEvent counted("count", {"order.placed", "order.paid"});
    EachEvent confirmed("confirm", {"order.placed"});
    co_await hand_on(pool, std::move(events), {&counted, &confirmed});
  }
  Task<void> hand_on(postgres::Pool& pool, std::vector<Job> events,
                     std::vector<Consumer*> consumers) {
    FanOut fan_out(loop, pool, ids_, notifier_, registry, std::move(consumers), told_);
    runtime::Scope scope(loop);
    for (const auto& one : events) scope.spawn(run(fan_out, one));
    co_await scope.join();
    co_await fan_out.close();
  }

  SystemClock clock_;
  SystemRandom random_;
  UuidGenerator ids_{clock_, random_};
  Uuid order_ = ids_.next();
  Notifier notifier_;
  std::vector<Job> events_;
  Telling told_;
};

TEST_F(FanOutTest, EachConsumerGetsAJobOfItsOwnForWhatConcernsIt) {
  with_pool([](FanOutTest& test, postgres::Pool& pool) -> Task<void> {
    co_await test.hand_on(
        pool, {test.event("order.placed"), test.event("order.paid"), test.event("order.lost")});
  });
  EXPECT_EQ(value("SELECT string_agg(kind || ' ' || (payload->>'type'), ', ' ORDER BY position) "
                  "FROM outbox"),
            "count order.placed, count order.paid, confirm order.placed");
  EXPECT_EQ(value("SELECT count(DISTINCT xid) FROM outbox"), "1") << "in one transaction";
}

TEST_F(FanOutTest, NoneOfThemWaitsForAnother) {
  with_pool([](FanOutTest& test, postgres::Pool& pool) -> Task<void> {
    co_await test.hand_on(pool, {test.event("order.placed"), test.event("order.placed")});
  });
  EXPECT_EQ(value("SELECT count(DISTINCT aggregate_id) FROM outbox"), "4");
}

// Hands events on together.
class Together final : public Consumer {
 public:
  Task<void> consume(runtime::Context&, EventBatch& events, std::vector<NewJob>& jobs) override {
    std::ranges::move(join_events("count", events.whole()), std::back_inserter(jobs));
    co_return;
  }
};

TEST_F(FanOutTest, SomeAreHandedOnTogether) {
  events_ = {event("order.placed"), event("order.paid")};
  with_pool([](FanOutTest& test, postgres::Pool& pool) -> Task<void> {
    Together counted;
    co_await test.hand_on(pool, test.events_, {&counted});
  });
  EXPECT_EQ(value("SELECT string_agg(kind, ' ') FROM outbox"), "count");
  const auto read = read_events(value("SELECT payload FROM outbox"));
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].id, events_[0].id);
  EXPECT_EQ(read[1].id, events_[1].id);
  EXPECT_EQ(read[1].type, "order.paid");
  EXPECT_EQ(read[1].data, events_[1].payload);
}

Job holding(std::string payload) {
  Job job;
  job.payload = std::move(payload);
  return job;
}

Job named(std::string payload) {
  auto job = holding(std::move(payload));
  job.kind = kNamedEvents;
  return job;
}

// Appends what the database refuses for one order, or throws.
class Refusing final : public Consumer {
 public:
  explicit Refusing(Uuid order, bool throws = false) : order_(order), throws_(throws) {}
  Task<void> consume(runtime::Context& context, EventBatch& events,
                     std::vector<NewJob>& jobs) override {
    const std::vector<std::string> kinds = {"order.placed"};
    for (const auto* event : co_await events.told(context, kinds)) {
      if (throws_ && event->aggregate == order_) throw std::out_of_range("no such unit");
      jobs.push_back({.kind = event->aggregate == order_ ? "" : "count",
                      .aggregate = event->id,
                      .payload = event_json(*event)});
    }
  }

 private:
  const Uuid order_;
  const bool throws_;
};

// Counts how many batches are consumed at once.
class Counting final : public Consumer {
 public:
  explicit Counting(runtime::Loop& loop) : loop_(loop) {}

  Task<void> consume(runtime::Context&, EventBatch&, std::vector<NewJob>&) override {
    ++batches;
    most = std::max(most, ++running);
    co_await loop_.sleep(std::chrono::milliseconds(1));
    --running;
  }

  int batches = 0;
  std::size_t running = 0;
  std::size_t most = 0;

 private:
  runtime::Loop& loop_;
};

class FirstEventsTest : public FanOutTest {
 public:
  template <class Body>
  void with_pool(Body body) {
    loop.run_until_done(postgres::run_with_pool(*this, body));
  }

  FirstEvent placed(Uuid order, std::string data = "{}") {
    told_.of[order] = std::move(data);
    return {order, "trace of " + order.to_string()};
  }
  Job joined(const std::vector<FirstEvent>& events) {
    const auto jobs = name_events("order.placed", events, ids_);
    EXPECT_EQ(jobs.size(), 1u);
    return {.id = ids_.next(),
            .kind = jobs[0].kind,
            .aggregate = jobs[0].aggregate,
            .payload = jobs[0].payload,
            .created_at = clock_.now(),
            .trace = jobs[0].trace};
  }
  Task<bool> is_postponed(postgres::Pool& pool, Job event) {
    try {
      co_await hand_on(pool, std::move(event));
    } catch (const Postponed&) {
      co_return true;
    }
    co_return false;
  }
  Task<void> hand_on(postgres::Pool& pool, Job event) {
    EachEvent counted("count", {"order.placed", "order.paid"});
    FanOut fan_out(loop, pool, ids_, notifier_, registry, {&counted}, told_);
    std::exception_ptr failure;
    try {
      co_await run(fan_out, std::move(event));
    } catch (...) {
      failure = std::current_exception();
    }
    co_await fan_out.close();
    if (failure) std::rethrow_exception(failure);
  }

  const Uuid other_ = ids_.next();
  Job joined_;
  Counting counting_{loop};
};

TEST_F(FirstEventsTest, AreHandedOnAsIfEachWereAJobOfItsOwn) {
  joined_ = joined({placed(order_, R"({"of":1})"), placed(other_, R"({"of":2})")});
  const auto events = first_events(joined_);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].id, order_) << "the same in each run";
  EXPECT_EQ(events[1].id, other_);
  EXPECT_EQ(events[1].kind, "order.placed");
  EXPECT_EQ(events[1].aggregate, other_);
  EXPECT_EQ(events[1].payload, "");
  EXPECT_EQ(events[1].trace, "trace of " + other_.to_string());
  EXPECT_EQ(events[1].created_at, joined_.created_at);
  EXPECT_EQ(joined_.trace, events[0].trace);
  with_pool(
      [](FirstEventsTest& test, postgres::Pool& pool) { return test.hand_on(pool, test.joined_); });
  EXPECT_EQ(value("SELECT string_agg(payload #>> '{data,of}', ' ' ORDER BY position) FROM outbox"),
            "1 2");
}

// A version before left them.
TEST_F(FirstEventsTest, MayHaveTheirPayloadsWithThem) {
  joined_ = holding(fmt::format(
      R"([{{"id":"{0}","kind":"order.placed","aggregate":"{1}","trace":"","data":{{"of":7}}}}])",
      order_.to_string(), other_.to_string()));
  joined_.kind = kFirstEvents;
  const auto events = first_events(joined_);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].id, order_);
  EXPECT_EQ(events[0].aggregate, other_);
  with_pool(
      [](FirstEventsTest& test, postgres::Pool& pool) { return test.hand_on(pool, test.joined_); });
  EXPECT_EQ(value("SELECT string_agg(payload #>> '{data,of}', ' ') FROM outbox"), "7");
  EXPECT_EQ(told_.reads, 0);
}

TEST_F(FirstEventsTest, AreReadOnceAndOnlyForThoseWhoAsk) {
  joined_ = joined({placed(order_), placed(other_)});
  with_pool([](FirstEventsTest& test, postgres::Pool& pool) -> Task<void> {
    EachEvent one("one", {"order.placed"});
    EachEvent another("another", {"order.placed"});
    EachEvent none("none", {"order.paid"});
    co_await test.FanOutTest::hand_on(pool, {test.joined_}, {&none});
    EXPECT_EQ(test.told_.reads, 0);
    co_await test.FanOutTest::hand_on(pool, {test.joined_}, {&one, &none, &another});
    EXPECT_EQ(test.told_.reads, 1);
  });
  EXPECT_EQ(value("SELECT count(*) FROM outbox"), "4");
}

TEST_F(FirstEventsTest, OfAnAggregateThatIsGoneAreLeftOutAndCounted) {
  joined_ = joined({placed(order_), placed(other_)});
  told_.of.erase(order_);
  with_pool(
      [](FirstEventsTest& test, postgres::Pool& pool) { return test.hand_on(pool, test.joined_); });
  EXPECT_EQ(value("SELECT string_agg(payload->>'id', ' ') FROM outbox"), other_.to_string());
  Buffer page;
  registry.render(page);
  EXPECT_THAT(
      std::string(page.view()),
      testing::HasSubstr(R"(souk_jobs_attempts_total{kind="order.placed",outcome="gone"} 1)"));
}

// A job that runs on two nodes, or a dead letter that is replayed beside it.
TEST_F(FirstEventsTest, ThatComeTwiceAreBothTold) {
  joined_ = joined({placed(order_), placed(order_)});
  with_pool(
      [](FirstEventsTest& test, postgres::Pool& pool) { return test.hand_on(pool, test.joined_); });
  EXPECT_EQ(value("SELECT count(*) FROM outbox"), "2");
}

// Of a later version: a node of it takes them.
TEST_F(FirstEventsTest, OfAnotherKindThanTheReadersAreLeftToOthers) {
  joined_ = joined({placed(order_)});
  joined_.payload.replace(joined_.payload.find("order.placed"), 12, "order.paid");
  with_pool([](FirstEventsTest& test, postgres::Pool& pool) -> Task<void> {
    EXPECT_TRUE(co_await test.is_postponed(pool, test.joined_));
  });
  EXPECT_EQ(value("SELECT count(*) FROM outbox"), "0");
}

// What they tell is in memory while they are written.
TEST_F(FirstEventsTest, AreReadForAFewBatchesAtATime) {
  for (int i = 0; i < 20; ++i) {
    events_.push_back(joined(std::vector<FirstEvent>(400, placed(order_))));
  }
  with_pool([](FirstEventsTest& test, postgres::Pool& pool) -> Task<void> {
    co_await test.FanOutTest::hand_on(pool, test.events_, {&test.counting_});
  });
  EXPECT_EQ(counting_.batches, 20);
  EXPECT_EQ(counting_.most, FanOut::kMaxBatches);
}

TEST_F(FirstEventsTest, ManyTakeSeveralJobs) {
  const auto jobs = name_events(
      "order.placed", std::vector<FirstEvent>(2 * kMaxNamedEvents + 1, {order_, ""}), ids_);
  std::vector<std::size_t> sizes;
  for (const auto& job : jobs) sizes.push_back(first_events(named(job.payload)).size());
  EXPECT_THAT(sizes, testing::ElementsAre(kMaxNamedEvents, kMaxNamedEvents, 1));
  EXPECT_NE(jobs[0].aggregate, jobs[1].aggregate);
  EXPECT_TRUE(name_events("order.placed", {}, ids_).empty());
}

TEST_F(FirstEventsTest, OneThatTheDatabaseRefusesIsBuriedAlone) {
  joined_ = joined({placed(ids_.next()), placed(order_), placed(other_)});
  with_pool([](FirstEventsTest& test, postgres::Pool& pool) -> Task<void> {
    Refusing refusing(test.order_);
    co_await test.FanOutTest::hand_on(pool, {test.joined_}, {&refusing});
    co_await test.FanOutTest::hand_on(pool, {test.joined_}, {&refusing});  // as after a crash
  });
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE kind = 'count'"), "4");
  EXPECT_EQ(value("SELECT string_agg(kind || ' ' || aggregate_id || ' ' || id, ' ') "
                  "FROM dead_letters WHERE last_error <> ''"),
            "events.named " + order_.to_string() + ' ' + first_events(joined_)[1].id.to_string());
  EXPECT_EQ(value("SELECT count(*) FROM outbox"), "4");
}

TEST_F(FirstEventsTest, OneThatMakesAConsumerThrowIsBuriedAlone) {
  joined_ = joined({placed(ids_.next()), placed(order_), placed(other_)});
  with_pool([](FirstEventsTest& test, postgres::Pool& pool) -> Task<void> {
    Refusing refusing(test.order_, true);
    co_await test.FanOutTest::hand_on(pool, {test.joined_}, {&refusing});
  });
  EXPECT_EQ(value("SELECT count(*) FROM outbox"), "2");
  EXPECT_EQ(value("SELECT string_agg(aggregate_id || ' ' || last_error, ' ') FROM dead_letters"),
            order_.to_string() + " no such unit");
}

// The events of hundreds of orders were retried, and given up, for the row of one.
TEST_F(FirstEventsTest, OneThatCannotBeReadIsBuriedAloneAndToldWhenItIsReplayed) {
  std::vector<FirstEvent> events;
  for (int i = 0; i < 300; ++i) events.push_back(placed(ids_.next()));
  events.insert(events.begin() + 217, placed(order_, R"({"of":1})"));
  joined_ = joined(events);
  told_.unreadable = order_;
  with_pool([](FirstEventsTest& test, postgres::Pool& pool) -> Task<void> {
    co_await test.hand_on(pool, test.joined_);
    EXPECT_EQ(test.value("SELECT count(*) FROM outbox"), "300");
    EXPECT_EQ(test.value("SELECT count(DISTINCT payload->>'id') FROM outbox"), "300");
    EXPECT_LT(test.told_.reads, 20);
    EXPECT_EQ(test.value("SELECT concat_ws(' ', kind, aggregate_id, last_error) "
                         "FROM dead_letters"),
              "events.named " + test.order_.to_string() + " column 14 (city) is NULL");

    test.told_.unreadable.reset();
    runtime::Context context;
    auto dead = co_await store::dead_letters(pool, context, std::nullopt);
    co_await test.hand_on(pool, dead.at(0).job);
    EXPECT_EQ(test.value("SELECT payload #>> '{data,of}' FROM outbox "
                         "ORDER BY position DESC LIMIT 1"),
              "1");
  });
  EXPECT_EQ(value("SELECT trace FROM outbox ORDER BY position DESC LIMIT 1"),
            "trace of " + order_.to_string());
}

TEST_F(FirstEventsTest, AreTriedAgainTogetherWhenTheDatabaseIsAway) {
  joined_ = joined({placed(order_), placed(other_)});
  told_.away = true;
  with_pool([](FirstEventsTest& test, postgres::Pool& pool) -> Task<void> {
    bool is_away = false;
    try {
      co_await test.hand_on(pool, test.joined_);
    } catch (const Unavailable&) {
      is_away = true;
    }
    EXPECT_TRUE(is_away);
  });
  EXPECT_EQ(told_.reads, 1);
  EXPECT_EQ(value("SELECT count(*) FROM dead_letters"), "0");
}

// A lock that was not granted in time blames no event: they were all buried for it.
TEST_F(FirstEventsTest, WhatOnlyWaitsForALockIsTriedAgain) {
  config.session.push_back({"lock_timeout", "'10ms'"});
  joined_ = joined({placed(order_), placed(other_)});
  auto holder = database.connect();
  ASSERT_TRUE(holder.execute("BEGIN; LOCK TABLE outbox"));
  with_pool([](FirstEventsTest& test, postgres::Pool& pool) -> Task<void> {
    bool is_for_the_lock = false;
    try {
      co_await test.hand_on(pool, test.joined_);
    } catch (const postgres::StatementError& error) {
      is_for_the_lock = error.lock_not_available();
    }
    EXPECT_TRUE(is_for_the_lock);
  });
  EXPECT_EQ(value("SELECT count(*) FROM dead_letters"), "0");
}

TEST_F(FirstEventsTest, LaterOnesWaitForThem) {
  with_pool([](FirstEventsTest& test, postgres::Pool& pool) -> Task<void> {
    runtime::Context context;
    auto transaction = co_await pool.begin(context);
    const std::vector events = {test.placed(test.order_)};
    const auto first = name_events("order.placed", events, test.ids_);
    co_await transaction.pipeline_and_commit(store::append(first, test.ids_));
    const auto position = co_await store::untold_first_events(pool, context);
    EXPECT_TRUE(position);
    auto paid = test.event("order.paid");
    paid.position = *position + 1;
    EXPECT_TRUE(co_await test.is_postponed(pool, paid));
    EXPECT_EQ(test.value("SELECT count(*) FROM outbox WHERE kind = 'count'"), "0");
    auto before = paid;
    before.position = *position - 1;
    EXPECT_FALSE(co_await test.is_postponed(pool, before)) << "it was appended before them";
    test.execute("UPDATE outbox SET kind = 'events.first' WHERE kind = 'events.named'");
    EXPECT_TRUE(co_await test.is_postponed(pool, paid)) << "those of a version before, too";
    test.execute("DELETE FROM outbox WHERE kind = 'events.first'");
    EXPECT_FALSE(co_await test.is_postponed(pool, paid));
    EXPECT_EQ(test.value("SELECT count(*) FROM outbox WHERE kind = 'count'"), "2");
  });
}

TEST(FirstEvents, AreNotReadFromWhatHoldsNone) {
  for (const auto* text : {"", "{}", "null", "[{}]", R"([{"id":"1"}])"}) {
    EXPECT_THROW(first_events(holding(text)), Rejected) << text;
  }
  for (const auto* text :
       {"", "{}", "[]", R"({"kind":"a"})", R"({"kind":"a","events":[{"id":1}]})"}) {
    EXPECT_THROW(first_events(named(text)), Rejected) << text;
  }
}

TEST(Events, AreNotReadFromWhatIsNoEvent) {
  for (const auto* text : {"", "[]", "{}", "null", R"({"id":"1"})"}) {
    EXPECT_THROW(read_event(text), Rejected) << text;
  }
  EXPECT_THROW(read_events("[{}]"), Rejected);
  EXPECT_THROW(read_events("{}"), Rejected);
  EXPECT_THROW(read_events("null"), Rejected);
  EXPECT_TRUE(read_events("[]").empty());
}

TEST_F(FanOutTest, AnEventMayStandByItselfAndTellAnything) {
  auto one = event("order.placed");
  for (const auto* data : {"[1]", "null", R"("text")", "{}", "17"}) {
    one.payload = data;
    const auto read = read_events(event_json(one));
    ASSERT_EQ(read.size(), 1u);
    EXPECT_EQ(read[0].id, one.id);
    EXPECT_EQ(read[0].data, data);
    EXPECT_EQ(read_events("[" + event_json(one) + "]")[0].data, data);
  }
}

TEST(Events, HandedOnTogetherHaveALimit) {
  Job event{.kind = "order.placed", .payload = {}};
  event.payload = '"' + std::string(kMaxTogetherBytes * 2 / 5, 'x') + '"';
  std::vector<std::size_t> sizes;
  for (const auto& job : join_events("count", std::vector<const Job*>(5, &event))) {
    sizes.push_back(read_events(job.payload).size());
  }
  EXPECT_THAT(sizes, testing::ElementsAre(2, 2, 1));
  event.payload = '"' + std::string(kMaxTogetherBytes * 2, 'x') + '"';
  EXPECT_EQ(join_events("count", std::vector<const Job*>{&event}).size(), 1u);
}

TEST_F(FanOutTest, WhatIsHandedOnSaysWhichEventItWas) {
  with_pool([](FanOutTest& test, postgres::Pool& pool) -> Task<void> {
    const auto paid = test.event("order.paid");
    co_await test.hand_on(pool, {paid});
    EXPECT_EQ(test.value("SELECT payload->>'id' FROM outbox"), paid.id.to_string());
  });
  EXPECT_EQ(value("SELECT payload#>>'{data,orderId}' FROM outbox"), "x");
}

}  // namespace
}  // namespace souk::jobs
