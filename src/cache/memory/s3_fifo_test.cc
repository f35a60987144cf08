#include "cache/memory/s3_fifo.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace souk::cache {
namespace {

// Items of one byte each, so that the capacity is their number.
class S3FifoTest : public testing::Test {
 protected:
  ~S3FifoTest() override {
    for (auto& item : items_) {
      if (item->is_linked()) queue_.erase(*item);
    }
  }

  S3Fifo::Item& add(std::uint64_t hash, std::size_t cost = 1) {
    auto& item = *items_.emplace_back(std::make_unique<S3Fifo::Item>());
    item.hash = hash;
    item.cost = cost;
    queue_.insert(item);
    return item;
  }
  // The items evicted until the rest fits.
  std::vector<std::uint64_t> make_room() {
    std::vector<std::uint64_t> gone;
    while (queue_.full()) gone.push_back(queue_.evict()->hash);
    return gone;
  }

  S3Fifo queue_{10};
  std::vector<std::unique_ptr<S3Fifo::Item>> items_;
};

TEST_F(S3FifoTest, WhatIsNeverAskedForLeavesInTheOrderItCame) {
  for (std::uint64_t i = 0; i < 13; ++i) add(i);
  EXPECT_EQ(make_room(), (std::vector<std::uint64_t>{0, 1, 2}));
}

TEST_F(S3FifoTest, WhatIsAskedForAgainOutlivesAScan) {
  auto& popular = add(1000);
  S3Fifo::hit(popular);
  S3Fifo::hit(popular);
  for (std::uint64_t i = 0; i < 100; ++i) {
    add(i);
    make_room();
  }
  EXPECT_TRUE(popular.is_linked());
  EXPECT_TRUE(popular.in_main);
}

TEST_F(S3FifoTest, OneHitIsNotEnough) {
  auto& seen_once = add(1000);
  S3Fifo::hit(seen_once);
  for (std::uint64_t i = 0; i < 20; ++i) {
    add(i);
    make_room();
  }
  EXPECT_FALSE(seen_once.is_linked());
}

TEST_F(S3FifoTest, WhatComesBackSoonGoesToTheMainQueue) {
  for (std::uint64_t i = 0; i < 11; ++i) add(i);
  ASSERT_EQ(make_room(), std::vector<std::uint64_t>{0});
  EXPECT_TRUE(add(0).in_main);
  EXPECT_FALSE(add(77).in_main);
}

TEST_F(S3FifoTest, WhatLeftLongAgoIsForgotten) {
  for (std::uint64_t i = 0; i < 11; ++i) add(i);
  make_room();
  for (std::uint64_t i = 100; i < 200; ++i) {
    add(i);
    make_room();
  }
  EXPECT_FALSE(add(0).in_main);
}

TEST_F(S3FifoTest, TheMainQueueGivesEachHitASecondChance) {
  for (std::uint64_t i = 0; i < 10; ++i) {
    auto& item = add(i);
    S3Fifo::hit(item);
    S3Fifo::hit(item);
  }
  add(50);
  // All but the new item had hits: they move to the main queue, and the new item is evicted.
  EXPECT_EQ(make_room(), std::vector<std::uint64_t>{50});
}

TEST_F(S3FifoTest, SizesCountNotNumbers) {
  add(1, 4);
  add(2, 4);
  add(3, 4);
  EXPECT_EQ(make_room(), std::vector<std::uint64_t>{1});
  EXPECT_EQ(queue_.bytes(), 8u);
}

TEST_F(S3FifoTest, AReplacementTakesThePlaceAndTheStanding) {
  auto& old = add(1);
  S3Fifo::hit(old);
  S3Fifo::Item next;
  next.hash = 1;
  next.cost = 3;
  queue_.replace(old, next);
  EXPECT_FALSE(old.is_linked());
  EXPECT_EQ(next.hits.load(), 1);
  EXPECT_EQ(queue_.bytes(), 3u);
  queue_.erase(next);
}

TEST_F(S3FifoTest, AnEmptyOneHasNothingToEvict) { EXPECT_EQ(queue_.evict(), nullptr); }

}  // namespace
}  // namespace souk::cache
