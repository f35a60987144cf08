#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cache/coherence/store.h"
#include "catalog/catalog.h"
#include "catalog/error_codes.h"
#include "postgres/test_pool.h"

namespace souk::catalog {
namespace {

using postgres::Pool;
using postgres::PoolTest;
using runtime::Task;
using testing::ElementsAre;
using testing::IsEmpty;

// The service as a worker has it.
class CategoriesTest : public PoolTest {
 public:
  CategoriesTest() { loop.run_until_done(pool_.start()); }
  ~CategoriesTest() override {
    loop.run_until_done(cache_.close());
    loop.run_until_done(pool_.close());
  }

  template <class T>
  T run(Task<T> task) {
    return loop.run_until_done(std::move(task));
  }
  Category add(std::string name, std::optional<CategoryId> parent = {},
               std::optional<std::int32_t> position = {}) {
    return run(catalog_.create_category(
                   context, {.name = std::move(name), .parent_id = parent, .position = position}))
        .value();
  }
  Result<Category> change(CategoryId id, CategoryPatch patch, VersionCondition condition = {}) {
    return run(catalog_.update_category(context, id, std::move(patch), std::move(condition)));
  }
  Result<> remove(CategoryId id, VersionCondition condition = {}) {
    return run(catalog_.remove_category(context, id, std::move(condition)));
  }
  void put_a_product_into(CategoryId id) {
    execute(
        "INSERT INTO products (id, name, category_id, price, currency, is_active) VALUES "
        "(gen_random_uuid(), 'P', '" +
        id.value.to_string() + "', 1, 'EUR', false)");
  }
  // The names of the tree as it is shown, out of the cache.
  std::vector<std::string> names() {
    std::vector<std::string> names;
    const auto tree = run(catalog_.categories(context)).value();
    for (const auto& category : *tree) names.push_back(category.name);
    return names;
  }

  runtime::Offload offload_{1, 10};
  SystemClock clock_;
  SystemRandom random_;
  UuidGenerator ids_{clock_, random_};
  telemetry::Log log_{telemetry::LogLevel::kError, STDERR_FILENO, clock_, registry};
  cache::SharedCache shared_{{}, {"catalog"}, {}, offload_, registry};
  Pool pool_{loop, registry, config};
  cache::HybridCache cache_{shared_, nullptr, loop, registry, log_, clock_};
  Searches searches_{pool_, loop, registry, {}, 1};
  Catalog catalog_{pool_, cache_, searches_, ids_};
};

TEST_F(CategoriesTest, ANewOneComesAfterItsSiblingsUnlessItIsGivenAPlace) {
  const auto kitchen = add("Kitchen");
  add("Garden");
  add("Attic", {}, 0);
  EXPECT_THAT(names(), ElementsAre("Attic", "Kitchen", "Garden"));
  add("Spoons", kitchen.id);
  add("Forks", kitchen.id);
  EXPECT_THAT(names(), ElementsAre("Attic", "Kitchen", "Spoons", "Forks", "Garden"));
}

TEST_F(CategoriesTest, APlaceAfterTheLastOneThatMayBeGivenIsTheLastOne) {
  add("Last", {}, kMaxPosition);
  EXPECT_EQ(add("After").position, kMaxPosition);
  execute("UPDATE categories SET position = 2147483647 WHERE name = 'Last'");
  EXPECT_EQ(add("Yet another").position, kMaxPosition);
}

TEST_F(CategoriesTest, SlugsAreMadeOfNamesAndUnique) {
  EXPECT_EQ(add("Tea Pots").slug, "tea-pots");
  const auto kitchen = add("Kitchen");
  EXPECT_EQ(add("Tea pots", kitchen.id).slug, "tea-pots-2");
  EXPECT_EQ(add("T\u00e9\u00e1 pots!", kitchen.id).slug, "tea-pots-3");
  EXPECT_EQ(add("\u8336").slug, "category");
  EXPECT_EQ(add("\u6C34").slug, "category-2");
}

TEST_F(CategoriesTest, ASlugOutlivesANewNameAndFindsItsCategory) {
  const auto pots = add("Tea pots");
  const auto renamed = change(pots.id, {.name = "Pots"});
  EXPECT_EQ(renamed->slug, "tea-pots");
  EXPECT_EQ(renamed->name, "Pots");
  EXPECT_EQ(run(catalog_.category_of(context, "tea-pots")).value(), pots.id);
  EXPECT_EQ(run(catalog_.category_of(context, "pots")).value(), std::nullopt);
  EXPECT_EQ(change(pots.id, {.slug = "pots"})->slug, "pots");
  EXPECT_EQ(run(catalog_.category_of(context, "pots")).value(), pots.id);
  EXPECT_EQ(run(catalog_.category_of(context, "tea-pots")).value(), std::nullopt);
}

TEST_F(CategoriesTest, ASlugOrASiblingsNameIsTakenOnce) {
  const auto pots = add("Pots");
  const auto pans = add("Pans");
  for (const auto& refused :
       {run(catalog_.create_category(context, {.name = "New", .slug = "pots"})),
        change(pans.id, {.slug = "pots"})}) {
    EXPECT_EQ(refused.error().code, errors::kCategoryTaken);
    EXPECT_EQ(refused.error().fields.at(0).pointer, "/slug");
  }
  for (const auto& refused : {run(catalog_.create_category(context, {.name = "Pots"})),
                              change(pans.id, {.name = "Pots"})}) {
    EXPECT_EQ(refused.error().code, errors::kCategoryTaken);
    EXPECT_EQ(refused.error().fields.at(0).pointer, "/name");
  }
  EXPECT_EQ(add("Pots", pots.id).name, "Pots") << "no sibling";
}

TEST_F(CategoriesTest, MovesBelowAnotherAndToTheTopAndComesLastThere) {
  const auto kitchen = add("Kitchen");
  const auto pots = add("Pots");
  add("Spoons", kitchen.id);
  const auto below = change(pots.id, {.parent_id = kitchen.id});
  EXPECT_EQ(below->parent_id, kitchen.id);
  EXPECT_THAT(names(), ElementsAre("Kitchen", "Spoons", "Pots"));
  add("Garden");
  EXPECT_EQ(change(pots.id, {.parent_id = std::optional<CategoryId>()})->parent_id, std::nullopt);
  EXPECT_THAT(names(), ElementsAre("Kitchen", "Spoons", "Garden", "Pots"));
  EXPECT_EQ(change(pots.id, {.name = "Pans"})->parent_id, std::nullopt);
  EXPECT_TRUE(change(pots.id, {.parent_id = kitchen.id, .position = 0}));
  EXPECT_THAT(names(), ElementsAre("Kitchen", "Pans", "Spoons", "Garden"));
  EXPECT_EQ(change(pots.id, {.parent_id = kitchen.id})->position, 0) << "it is there already";
}

TEST_F(CategoriesTest, NoneIsBelowItselfOrBelowNothing) {
  const auto top = add("Top");
  const auto middle = add("Middle", top.id);
  const auto leaf = add("Leaf", middle.id);
  for (const auto& below : {top, middle, leaf}) {
    const auto refused = change(top.id, {.parent_id = below.id});
    EXPECT_EQ(refused.error().code, errors::kCategoryLoop) << below.name;
  }
  const CategoryId nobody{ids_.next()};
  EXPECT_EQ(change(leaf.id, {.parent_id = nobody}).error().code, errors::kUnknownCategory);
  EXPECT_EQ(
      run(catalog_.create_category(context, {.name = "New", .parent_id = nobody})).error().code,
      errors::kUnknownCategory);
  EXPECT_EQ(change(nobody, {.name = "New"}).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(names(), ElementsAre("Top", "Middle", "Leaf"));
}

TEST_F(CategoriesTest, ChangesOnlyTheVersionThatIsMeant) {
  const auto pots = add("Pots");
  EXPECT_EQ(change(pots.id, {.name = "Pans"}, {.among = {{1}}})->version, 2);
  EXPECT_EQ(change(pots.id, {.name = "Mine"}, {.among = {{1}}}).error().code,
            ErrorCode::kPreconditionFailed);
  EXPECT_EQ(remove(pots.id, {.among = {{1}}}).error().code, ErrorCode::kPreconditionFailed);
  EXPECT_THAT(names(), ElementsAre("Pans"));
  EXPECT_TRUE(remove(pots.id, {.among = {{2}}}));
}

TEST_F(CategoriesTest, IsDeletedOnlyWhenNothingIsInIt) {
  const auto kitchen = add("Kitchen");
  const auto pots = add("Pots", kitchen.id);
  EXPECT_EQ(remove(kitchen.id).error().code, errors::kCategoryNotEmpty);
  put_a_product_into(pots.id);
  const auto refused = remove(pots.id);
  EXPECT_EQ(refused.error().code, errors::kCategoryNotEmpty);
  EXPECT_THAT(refused.error().detail, testing::HasSubstr("products"));
  execute("DELETE FROM products");
  EXPECT_TRUE(remove(pots.id));
  EXPECT_TRUE(remove(kitchen.id));
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_EQ(remove(kitchen.id).error().code, ErrorCode::kNotFound);
}

TEST_F(CategoriesTest, ThereAreAtMostSoMany) {
  execute(
      "INSERT INTO categories (id, name, slug) SELECT gen_random_uuid(), 'C' || n, 'c' || n "
      "FROM generate_series(1, 9999) n");
  add("The last");
  EXPECT_EQ(run(catalog_.create_category(context, {.name = "One more"})).error().code,
            ErrorCode::kLimitReached);
}

// Each one's statement sees what the one before has committed, not what was there when it began to
// wait.
TEST_F(CategoriesTest, TwoAtOnceGetDifferentSlugsAndPlaces) {
  const auto parent = add("Parent");
  auto other = database.connect();
  ASSERT_TRUE(other.execute("BEGIN"));
  ASSERT_TRUE(other.execute(
      "INSERT INTO categories (id, name, slug) VALUES (gen_random_uuid(), 'Pots', 'pots')"));
  std::optional<Category> added;
  const auto add_second = [](CategoriesTest& test, CategoryId below,
                             std::optional<Category>& out) -> Task<void> {
    out =
        (co_await test.catalog_.create_category(test.context, {.name = "Pots", .parent_id = below}))
            .value();
  };
  const auto both = [](CategoriesTest& test, Task<void> adding,
                       postgres::BlockingConnection& writer) -> Task<void> {
    runtime::Scope scope(test.loop);
    scope.spawn(std::move(adding));
    co_await test.until(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND wait_event = 'advisory'",
        "1");
    EXPECT_TRUE(writer.execute("COMMIT"));
    co_await scope.join();
  };
  run(both(*this, add_second(*this, parent.id, added), other));
  EXPECT_EQ(added->slug, "pots-2");
}

}  // namespace
}  // namespace souk::catalog
