#include <gtest/gtest.h>

#include <set>

#include "base/first_id.h"
#include "base/ids.h"
#include "base/iso4217.h"
#include "base/money.h"

namespace souk {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kSomeTime{1'700'000'000'000'000us};

TEST(Uuid, ReadsBackWhatItWrote) {
  const std::string text = "0190163d-8694-739b-aea5-966c26f8ad91";
  const auto id = Uuid::parse(text);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->to_string(), text);
}

TEST(Uuid, TakesUpperCaseAndNothingElse) {
  EXPECT_TRUE(Uuid::parse("0190163D-8694-739B-AEA5-966C26F8AD91"));
  EXPECT_FALSE(Uuid::parse("0190163d8694739baea5966c26f8ad91"));
  EXPECT_FALSE(Uuid::parse("0190163d-8694-739b-aea5-966c26f8ad9"));
  EXPECT_FALSE(Uuid::parse("0190163d-8694-739b-aea5_966c26f8ad91"));
  EXPECT_FALSE(Uuid::parse("{190163d-8694-739b-aea5-966c26f8ad9}"));
  EXPECT_FALSE(Uuid::parse(""));
}

TEST(UuidGenerator, WritesVersionAndVariantAndTime) {
  ManualClock clock(kSomeTime);
  SeededRandom random(1);
  UuidGenerator ids(clock, random);
  const auto text = ids.next().to_string();
  EXPECT_EQ(text.substr(0, 13), "018bcfe5-6800");  // 1,700,000,000,000 ms
  EXPECT_EQ(text[14], '7');
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
}

TEST(UuidGenerator, GrowsWithinAMillisecondAndWhenTheClockStepsBack) {
  ManualClock clock(kSomeTime);
  SeededRandom random(1);
  UuidGenerator ids(clock, random);
  Uuid last = ids.next();
  for (int i = 0; i < 10'000; ++i) {  // more than one counter's worth
    if (i == 5'000) clock.advance(-10s);
    const auto id = ids.next();
    ASSERT_LT(last, id) << "at " << i;
    last = id;
  }
}

TEST(FirstId, IsAtMostEveryIdOfItsTimeAndAboveTheEarlierOnes) {
  ManualClock clock(kSomeTime);
  SeededRandom random(1);
  UuidGenerator ids(clock, random);
  const auto before = ids.next();
  clock.advance(1ms);
  const auto after = ids.next();
  EXPECT_LT(before, first_id(clock.now()));
  EXPECT_LE(first_id(clock.now()), after);
  EXPECT_EQ(first_id(Timestamp(-1us)), Uuid());
}

TEST(Money, RefusesToOverflowOrToMixCurrencies) {
  const auto eur = *Currency::parse("EUR");
  const auto usd = *Currency::parse("USD");
  EXPECT_EQ(checked_add({1, eur}, {2, eur})->amount, 3);
  EXPECT_FALSE(checked_add({1, eur}, {2, usd}));
  EXPECT_FALSE(checked_add({INT64_MAX, eur}, {1, eur}));
  EXPECT_EQ(checked_multiply({1999, eur}, 3)->amount, 5997);
  EXPECT_FALSE(checked_multiply({INT64_MAX / 2, eur}, 3));
}

TEST(Currency, IsThreeUpperCaseLetters) {
  EXPECT_EQ(Currency::parse("EUR")->text(), "EUR");
  EXPECT_FALSE(Currency::parse("eur"));
  EXPECT_FALSE(Currency::parse("EURO"));
  EXPECT_FALSE(Currency::parse("E1R"));
}

TEST(Iso4217, KnowsTheCurrenciesInUseAndTheirDigits) {
  EXPECT_EQ(iso4217_digits("EUR"), 2);
  EXPECT_EQ(iso4217_digits("XOF"), 0);
  EXPECT_EQ(iso4217_digits("TND"), 3);
  EXPECT_EQ(iso4217_digits("ZWG"), 2);
  for (const auto* none :
       {"ZZZ", "XXX", "XTS", "XAU", "XDR", "CHE", "HRK", "eur", "EU", "D E", ""}) {
    EXPECT_EQ(iso4217_digits(none), std::nullopt) << none;
  }
}

TEST(Money, IsWrittenInTheDecimalsOfItsCurrency) {
  const auto text = [](std::int64_t amount, std::string_view currency) {
    return to_text({amount, Currency::parse(currency).value()});
  };
  EXPECT_EQ(text(5, "EUR"), "0.05 EUR");
  EXPECT_EQ(text(123'456, "USD"), "1234.56 USD");
  EXPECT_EQ(text(500, "JPY"), "500 JPY");
  EXPECT_EQ(text(1'500, "KWD"), "1.500 KWD");
  EXPECT_EQ(text(-5, "EUR"), "-0.05 EUR");
  EXPECT_EQ(text(5, "ZZZ"), "0.05 ZZZ") << "of a row that is older than the rule";
}

TEST(SeededRandom, IsTheSameOnEveryMachine) {
  SeededRandom a(42);
  SeededRandom b(42);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(a.next64(), b.next64());
  EXPECT_EQ(SeededRandom(0).next64(), 0x99ec5f36cb75f2b4);  // the authors' reference output
}

TEST(SeededRandom, StaysBelowItsBound) {
  SeededRandom random(7);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1'000; ++i) seen.insert(random.below(10));
  EXPECT_EQ(seen.size(), 10u);
  EXPECT_EQ(*seen.rbegin(), 9u);
}

TEST(SystemRandom, DoesNotRepeatItself) {
  SystemRandom random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1'000; ++i) seen.insert(random.next());
  EXPECT_EQ(seen.size(), 1'000u);
}

}  // namespace
}  // namespace souk
