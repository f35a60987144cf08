#include "app/unprotected.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace souk::app {
namespace {

std::string settings_at_risk(const std::string& database, const std::string& redis = "") {
  Settings settings;
  settings.database.conninfo = database;
  settings.redis.url = redis;
  std::string names;
  for (const auto& one : unprotected_connections(settings)) names += one.setting + ' ';
  return names;
}

TEST(UnprotectedConnections, AreThoseToOtherHostsThatAreNotVerified) {
  ::unsetenv("PGSSLMODE");
  ::unsetenv("PGHOST");
  for (const auto* remote : {"postgresql://souk@db/souk", "host=10.0.0.1 dbname=souk",
                             "postgresql://db/souk?sslmode=require", "host=localhost,db",
                             "host=localhost hostaddr=192.0.2.1"}) {
    EXPECT_EQ(settings_at_risk(remote), "database.url ") << remote;
  }
  for (const auto* safe :
       {"", "postgresql:///souk", "postgresql:///souk?host=/run/postgresql", "host=localhost",
        "postgresql://127.0.0.1/souk", "postgresql://[::1]/souk",
        "postgresql://db/souk?sslmode=verify-full", "host=db sslmode=verify-ca"}) {
    EXPECT_EQ(settings_at_risk(safe), "") << safe;
  }
}

TEST(UnprotectedConnections, FollowTheEnvironmentOfLibpq) {
  ::setenv("PGSSLMODE", "verify-full", 1);
  EXPECT_EQ(settings_at_risk("postgresql://souk@db/souk"), "");
  ::unsetenv("PGSSLMODE");
  ::setenv("PGHOST", "db", 1);
  EXPECT_EQ(settings_at_risk("postgresql:///souk"), "database.url ");
  ::unsetenv("PGHOST");
}

TEST(UnprotectedConnections, OfRedisAreThoseWithoutTls) {
  EXPECT_EQ(settings_at_risk("", "redis://cache"), "redis.url ");
  for (const auto* safe : {"rediss://cache", "redis://127.0.0.1:6379", "unix:///run/redis.sock"}) {
    EXPECT_EQ(settings_at_risk("", safe), "") << safe;
  }
}

}  // namespace
}  // namespace souk::app
