#include "jobs/batch_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace souk::jobs {
namespace {

using namespace std::chrono_literals;
using runtime::Task;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

class BatchWriterTest : public testing::Test {
 protected:
  using Writer = BatchWriter<int>;
  static constexpr int kUnreadable = 1'000;

  Task<void> write(std::span<const int> items) {
    co_await gate_.wait();
    batches_.emplace_back(items.begin(), items.end());
    for (const int item : items) {
      if (item < 0) throw postgres::StatementError("write", "22000", "", "negative");
      if (item == 0) throw Unavailable("away");
      if (item == kUnreadable) throw postgres::RowMismatch("column 1 is NULL");
    }
  }
  void make(std::size_t max_items, std::chrono::milliseconds max_delay) {
    writer_.emplace(
        loop_, BatchLimits{max_items, max_delay},
        [this](std::span<const int> items) { return write(items); },
        BatchMetrics(registry_, "test"));
  }
  Task<void> add(int item) {
    try {
      co_await writer_->add(item);
      done_.push_back(item);
    } catch (const std::exception&) {
      failed_.push_back(item);
    }
  }
  // Adds them at once and waits for all.
  Task<void> add_all(std::vector<int> items) {
    runtime::Scope scope(loop_);
    for (const int item : items) scope.spawn(add(item));
    co_await scope.join();
    co_await writer_->close();
  }
  Task<void> add_and_drain(std::vector<int> items) {
    runtime::Scope scope(loop_);
    for (const int item : items) scope.spawn(add(item));
    writer_->drain();
    scope.spawn(add(99));
    co_await scope.join();
    co_await writer_->close();
  }
  Task<void> add_behind_gate(std::vector<int> items) {
    gate_.reset();
    runtime::Scope scope(loop_);
    for (const int item : items) scope.spawn(add(item));
    co_await loop_.sleep(1ms);
    EXPECT_TRUE(done_.empty()) << "add() returned before the write";
    gate_.set();
    co_await scope.join();
    co_await writer_->close();
  }
  std::string metrics() {
    Buffer out;
    registry_.render(out);
    return std::string(out.view());
  }

  void SetUp() override { gate_.set(); }

  runtime::Loop loop_;
  telemetry::Registry registry_;
  runtime::Event gate_{loop_};
  std::optional<Writer> writer_;
  std::vector<std::vector<int>> batches_;
  std::vector<int> done_;
  std::vector<int> failed_;
};

TEST_F(BatchWriterTest, WritesAFullBatchAtOnceAndTheRestWhenItsTimeIsUp) {
  make(3, 40ms);
  loop_.run_until_done(add_all({1, 2, 3, 4}));
  EXPECT_THAT(batches_, ElementsAre(ElementsAre(1, 2, 3), ElementsAre(4)));
  EXPECT_THAT(done_, UnorderedElementsAre(1, 2, 3, 4));
  EXPECT_NE(metrics().find(R"(flushes_total{batch="test",reason="full"} 1)"), std::string::npos);
  EXPECT_NE(metrics().find(R"(flushes_total{batch="test",reason="late"} 1)"), std::string::npos);
}

TEST_F(BatchWriterTest, TellsNobodyBeforeItIsWritten) {
  make(2, 1h);
  loop_.run_until_done(add_behind_gate({1, 2}));
  EXPECT_THAT(done_, UnorderedElementsAre(1, 2));
}

TEST_F(BatchWriterTest, WritesWhatWaitsWhenItDrainsAndNoLongerWaitsForMore) {
  make(100, 1h);
  loop_.run_until_done(add_and_drain({1, 2}));
  EXPECT_THAT(batches_, ElementsAre(ElementsAre(1, 2), ElementsAre(99)));
}

TEST_F(BatchWriterTest, ABadItemFailsAlone) {
  make(3, 1h);
  loop_.run_until_done(add_all({1, -2, 3}));
  EXPECT_THAT(done_, UnorderedElementsAre(1, 3));
  EXPECT_THAT(failed_, UnorderedElementsAre(-2));
}

TEST_F(BatchWriterTest, ABadItemIsFoundByHalves) {
  make(200, 1h);
  std::vector<int> items;
  for (int i = 1; i <= 200; ++i) items.push_back(i);
  items[133] = kUnreadable;
  loop_.run_until_done(add_all(items));
  EXPECT_EQ(done_.size(), 199u);
  EXPECT_THAT(failed_, ElementsAre(kUnreadable));
  EXPECT_LT(batches_.size(), 20u);
}

TEST_F(BatchWriterTest, NothingMoreIsTriedWhenTheDatabaseIsLostMeanwhile) {
  make(4, 1h);
  loop_.run_until_done(add_all({1, 0, -3, 4}));
  EXPECT_THAT(failed_, UnorderedElementsAre(1, 0, -3, 4));
  EXPECT_EQ(batches_.size(), 1u);
  batches_.clear();
  failed_.clear();
  make(4, 1h);
  loop_.run_until_done(add_all({-1, 2, 0, 4}));
  EXPECT_THAT(done_, ElementsAre(2));
  EXPECT_THAT(failed_, UnorderedElementsAre(-1, 0, 4));
  EXPECT_THAT(batches_.back(), ElementsAre(0, 4));
}

TEST_F(BatchWriterTest, WhenTheDatabaseIsAwayAllFailWithoutASecondTry) {
  make(3, 1h);
  loop_.run_until_done(add_all({1, 0, 3}));
  EXPECT_THAT(failed_, UnorderedElementsAre(1, 0, 3));
  EXPECT_EQ(batches_.size(), 1u);
}

}  // namespace
}  // namespace souk::jobs
