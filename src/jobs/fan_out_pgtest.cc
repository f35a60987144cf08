#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/event.h"
#include "jobs/fan_out.h"
#include "postgres/test_pool.h"

namespace souk::jobs {
namespace {

using runtime::Task;

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
    FanOut fan_out(loop, pool, ids_, notifier_, registry, std::move(consumers));
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

TEST_F(FanOutTest, SomeAreHandedOnTogether) {
  events_ = {event("order.placed"), event("order.lost"), event("order.paid")};
  with_pool([](FanOutTest& test, postgres::Pool& pool) -> Task<void> {
    EventsTogether counted("count", {"order.placed", "order.paid"});
    EventsTogether lost("find", {"order.found"});
    co_await test.hand_on(pool, test.events_, {&counted, &lost});
  });
  EXPECT_EQ(value("SELECT string_agg(kind, ' ') FROM outbox"), "count");
  const auto read = read_events(value("SELECT payload FROM outbox"));
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].id, events_[0].id);
  EXPECT_EQ(read[1].id, events_[2].id);
  EXPECT_EQ(read[1].type, "order.paid");
  EXPECT_EQ(read[1].data, events_[2].payload);
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

TEST_F(FanOutTest, WhatIsHandedOnTogetherHasALimit) {
  for (int i = 0; i < 5; ++i) {
    events_.push_back(event("order.placed"));
    events_.back().payload = '"' + std::string(EventsTogether::kMaxBytes * 2 / 5, 'x') + '"';
  }
  with_pool([](FanOutTest& test, postgres::Pool& pool) -> Task<void> {
    EventsTogether counted("count", {"order.placed"});
    co_await test.hand_on(pool, test.events_, {&counted});
  });
  EXPECT_EQ(value("SELECT string_agg(json_array_length(payload)::text, ' ' ORDER BY position) "
                  "FROM outbox"),
            "2 2 1");
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
