// The one place where settings are declared, with the tables of setting_tables.h;
// docs/reference/settings.md is generated from them.
#include <iterator>

#include "accounts/request_store.h"
#include "app/setting_tables.h"
#include "orders/store.h"

namespace souk::app {
namespace {

using namespace std::chrono_literals;

SettingTable process_settings() {
  return {
      {"process", "user",
       "User that `serve` and `up` switch to when started as root; empty: the owner of the data "
       "folder, or souk, or else nobody for `serve` and postgres for `up`.",
       string(&Settings::process, &ProcessSettings::user), "--user"},
  };
}

SettingTable runtime_settings() {
  return {
      {"runtime", "workers", "Worker threads, each with its own event loop; 0: one for each core.",
       integer(0, 1'024, &Settings::runtime, &RuntimeSettings::workers)},
  };
}

SettingTable database_settings() {
  constexpr auto database = &Settings::database;
  using Config = postgres::PoolConfig;
  return {
      {"database", "url", "PostgreSQL to use, as a libpq URL or keyword string.",
       secret(database, &Config::conninfo), "--database-url", "DATABASE_URL"},
      {"database", "wait", "How long `serve` waits at its start for an unreachable database.",
       duration(0ms, 1h, &Settings::serve, &ServeSettings::database_wait), "--wait"},
      {"database", "read_only",
       "Serves only reads, e.g. from a hot standby: no writes, jobs or caches.",
       boolean(&Settings::serve, &ServeSettings::read_only), "--read-only"},
      {"database", "min_connections", "Least number of open connections, in all workers together.",
       integer(0, 10'000, database, &Config::min_connections)},
      {"database", "max_connections",
       "Largest number of open connections, in all workers together.",
       integer(2, 10'000, database, &Config::max_connections)},
      {"database", "idle_lifetime",
       "A connection above the minimum is closed after idling so long.",
       duration(1s, kDay, database, &Config::idle_lifetime)},
      {"database", "connect_timeout", "Longest time to open a connection.",
       duration(10ms, 10min, database, &Config::connect_timeout)},
      {"database", "command_timeout",
       "Longest time for a statement; after it the statement is cancelled.",
       duration(10ms, 1h, database, &Config::command_timeout)},
      {"database", "explain_slow",
       "PostgreSQL logs the plan of statements that take longer, without parameters, where the "
       "role may load auto_explain; 0: none.",
       duration(0ms, 1h, database, &Config::explain_slow)},
      {"database", "cancel_grace",
       "Longest time for a cancelled statement to end; after it the connection is closed.",
       duration(10ms, 10min, database, &Config::cancel_grace)},
      {"database", "acquire_timeout", "How long a transaction waits for a free connection.",
       duration(1ms, 10min, database, &Config::acquire_timeout)},
      {"database", "max_waiting", "Transactions that may wait for a connection, in each worker.",
       integer(1, 1'000'000, database, &Config::max_waiting)},
      {"database", "max_pipelined", "Unanswered statements on one shared connection.",
       integer(1, 1'000'000, database, &Config::max_pipelined)},
      {"database", "max_batch", "Statements that share one synchronisation point.",
       integer(1, 100'000, database, &Config::max_batch)},
      {"database", "stalled_after",
       "A shared connection without an answer for so long is avoided while there are others.",
       duration(1ms, 10min, database, &Config::stalled_after)},
      {"database", "max_reconnect_attempts",
       "Failures to connect in a row after which statements fail at once until the server is "
       "reachable.",
       integer(1, 100, database, &Config::max_reconnect_attempts)},
      {"database", "max_reconnect_delay", "Longest pause between two attempts to reconnect.",
       duration(1ms, 10min, database, &Config::max_reconnect_delay)},
      {"database", "max_probe_delay", "Longest pause between two probes of an unreachable server.",
       duration(1ms, 10min, database, &Config::max_probe_delay)},
      {"database", "close_timeout",
       "Longest time for running statements to finish when Souk stops.",
       duration(0ms, 10min, database, &Config::close_timeout)},
  };
}

SettingTable redis_settings() {
  constexpr auto redis = &Settings::redis;
  constexpr auto client = &RedisSettings::client;
  using Config = redis::ClientConfig;
  return {
      {"redis", "url",
       "Redis to use: redis://host:port/number, rediss:// or unix:///path; empty: none.",
       secret(redis, &RedisSettings::url), "--redis-url", "REDIS_URL"},
      {"redis", "tls_ca_file",
       "With rediss://: file of trusted CA certificates, in PEM; empty: the system's.",
       file(redis, client, &Config::tls_ca_file)},
      {"redis", "connect_timeout", "Longest time to open a connection and get its first answer.",
       duration(10ms, 10min, redis, client, &Config::connect_timeout)},
      {"redis", "command_timeout",
       "Longest time for a command; after it Souk continues without the reply.",
       duration(1ms, 1min, redis, client, &Config::command_timeout)},
      {"redis", "breaker_threshold",
       "Failures in a row after which commands fail at once until Redis answers a probe.",
       integer(1, 10'000, redis, client, &Config::breaker_threshold)},
      {"redis", "probe_timeout",
       "A connection that does not answer a probe for so long is replaced.",
       duration(10ms, 10min, redis, client, &Config::probe_timeout)},
      {"redis", "min_retry_delay", "First pause between two attempts to connect or to probe.",
       duration(1ms, 10min, redis, client, &Config::min_retry_delay)},
      {"redis", "max_retry_delay", "Longest pause between two attempts to connect or to probe.",
       duration(1ms, 10min, redis, client, &Config::max_retry_delay)},
      {"redis", "refusal_pause", "How long after Redis' last refusal a write is tried again.",
       duration(10ms, 10min, redis, client, &Config::refusal_pause)},
      {"redis", "max_in_flight", "Unanswered commands, in each worker.",
       integer(1, 1'000'000, redis, client, &Config::max_in_flight)},
      {"redis", "max_abandoned", "Outstanding replies to commands that timed out, in each worker.",
       integer(1, 1'000'000, redis, client, &Config::max_abandoned)},
      {"redis", "max_unsent_bytes", "Bytes waiting to be sent, in each worker.",
       bytes(kKiB, 1'024 * kMiB, redis, client, &Config::max_unsent_bytes)},
      {"redis", "max_reply_bytes", "Largest reply that is read.",
       bytes(kKiB, 1'024 * kMiB, redis, client, &Config::max_reply_bytes)},
  };
}

SettingTable cache_settings() {
  constexpr auto cache = &Settings::cache;
  constexpr auto config = &CacheSettings::config;
  using Config = cache::CacheConfig;
  return {
      {"cache", "max_memory", "Bytes of entries in memory, of all workers together; 0: none.",
       bytes(0, 1'024 * 1'024 * kMiB, cache, config, &Config::max_memory)},
      {"cache", "use_redis", "Whether Redis, if configured, is the second level.",
       boolean(cache, config, &Config::use_redis)},
      {"cache", "memory_ttl", "How long an entry is fresh in memory.",
       duration(1s, kDay, cache, &CacheSettings::memory_ttl)},
      {"cache", "absent_ttl", "How long the absence of an object is cached.",
       duration(100ms, 1h, cache, &CacheSettings::absent_ttl)},
      {"cache", "product_ttl", "How long a product stays in Redis.",
       duration(1s, kDay, cache, &CacheSettings::product_ttl)},
      {"cache", "stock_ttl", "How long a stock stays in Redis.",
       duration(1s, kDay, cache, &CacheSettings::stock_ttl)},
      {"cache", "default_ttl", "How long other entries stay in Redis.",
       duration(1s, kDay, cache, &CacheSettings::default_ttl)},
      {"cache", "max_stale",
       "How long an expired entry may be served while the database does not answer.",
       duration(0ms, kDay, cache, &CacheSettings::max_stale)},
      {"cache", "max_unconfirmed",
       "Entries are served as fresh if all changes until so long ago are known.",
       duration(10ms, 1min, cache, config, &Config::max_unconfirmed)},
      {"cache", "soft_timeout",
       "How long a request waits for the database if an expired entry can be served.",
       duration(1ms, 1min, cache, config, &Config::soft_timeout)},
      {"cache", "fill_timeout", "Longest time to load an entry.",
       duration(10ms, 10min, cache, config, &Config::fill_timeout)},
      {"cache", "max_lease_wait",
       "How long a node waits for another node that loads the same entry.",
       duration(0ms, 1min, cache, config, &Config::max_lease_wait)},
      {"cache", "max_loading", "Concurrent loads of entries, in each worker.",
       integer(1, 10'000, cache, config, &Config::max_loading)},
      {"cache", "max_waiting", "Requests that may wait for entries to be loaded, in each worker.",
       integer(1, 1'000'000, cache, config, &Config::max_waiting)},
      {"cache", "max_confirming",
       "Concurrent loads that confirm entries while the node is disconnected, in each worker.",
       integer(1, 100'000, cache, config, &Config::max_confirming)},
      {"cache", "max_background",
       "Concurrent reloads of entries that are about to expire, in each worker.",
       integer(0, 100'000, cache, config, &Config::max_background)},
      {"cache", "poll_interval",
       "How often the change log is read without a notification, while entries are asked for.",
       duration(1ms, 10s, cache, config, &Config::poll_interval)},
      {"cache", "catalog_log_retention",
       "How long changes of the catalogue stay in the log, for new or disconnected nodes.",
       duration(10s, kDay, cache, &CacheSettings::catalog_log_retention)},
      {"cache", "stock_log_retention", "How long changes of stock stay in the change log.",
       duration(10s, kDay, cache, &CacheSettings::stock_log_retention)},
      {"cache", "probe_interval",
       "How often cached entries are compared with the database; 0: never.",
       duration(0ms, 1h, cache, config, &Config::probe_interval)},
      {"cache", "shared_max_age",
       "How long a CDN may serve public responses without revalidation (s-maxage).",
       duration(0ms, 1h, cache, &CacheSettings::shared_max_age)},
  };
}

SettingTable warm_up_settings() {
  constexpr auto cache = &Settings::cache;
  return {
      {"cache", "warm_up",
       "How many of the products that were sold most lately are cached before /readyz says ready, "
       "with the categories and the first page; 0: nothing is.",
       integer(0, 100'000, cache, &CacheSettings::warm_up)},
      {"cache", "warm_up_time", "Longest time that this may delay /readyz.",
       duration(0ms, 1min, cache, &CacheSettings::warm_up_time)},
  };
}

SettingTable accounts_settings() {
  constexpr auto accounts = &Settings::accounts;
  constexpr auto sign_in = &AccountSettings::sign_in;
  constexpr auto config = &AccountSettings::config;
  constexpr auto requests = &AccountSettings::requests;
  using Limits = accounts::SignInLimits;
  using Config = accounts::AccountsConfig;
  using Requests = accounts::RequestsConfig;
  return {
      {"accounts", "hashing_threads",
       "Threads that check passwords, each using 19 MiB meanwhile; 0: one for each core, up to 16.",
       integer(0, 256, accounts, &AccountSettings::hashing_threads)},
      {"accounts", "wrong_passwords_of_account",
       "Wrong passwords for one account before the next attempt is delayed (429), by 1 s and then "
       "twice as long each time. The count falls by one each 15 minutes. Networks from which the "
       "account has recently signed in are counted separately, so that others cannot lock its "
       "owner out.",
       integer(1, 1'000'000, accounts, sign_in, &Limits::free_of_account)},
      {"accounts", "wrong_passwords_of_network",
       "The same for all accounts tried from one client network (an IPv4 address, a /64 of IPv6). "
       "The count falls by one a minute. A /48 of IPv6 is allowed 64 times as many.",
       integer(1, 1'000'000, accounts, sign_in, &Limits::free_of_network)},
      {"accounts", "registrations_of_network",
       "Accounts registered from one client network before the next is delayed (429), in the same "
       "way.",
       integer(1, 1'000'000, accounts, sign_in, &Limits::free_registrations_of_network)},
      {"accounts", "max_sign_in_delay", "Longest of these delays.",
       duration(1s, kDay, accounts, sign_in, &Limits::max_delay)},
      {"accounts", "session_lifetime", "A session ends so long after it began.",
       duration(1min, 3'650 * kDay, accounts, config, &Config::session_lifetime)},
      {"accounts", "session_idle_lifetime",
       "A session that is not used for so long ends, up to 5 minutes and at most an eighth "
       "earlier.",
       duration(1min, 3'650 * kDay, accounts, config, &Config::session_idle_lifetime)},
      {"accounts", "audit_retention", "How long rows of the audit log are kept, at least 30 days.",
       duration(accounts::kLeastAuditRetention, 36'500 * kDay, accounts,
                &AccountSettings::audit_retention)},
      {"accounts", "verify_email",
       "Whether an account is opened only when its e-mail address is confirmed; registrations then "
       "do not tell who has an account. Needs mail.",
       boolean(accounts, requests, &Requests::verify_email)},
      {"accounts", "token_lifetime", "How long the token of a mail can be used.",
       duration(1min, 7 * kDay, accounts, requests, &Requests::token_lifetime)},
      {"accounts", "reset_url",
       "Page of the shop for choosing a new password; mails link to it with #token=TOKEN. Empty: "
       "they have the token alone.",
       string(accounts, requests, &Requests::reset_url)},
      {"accounts", "confirm_url", "The same, for confirming a registration or an e-mail address.",
       string(accounts, requests, &Requests::confirm_url)},
      {"accounts", "max_mails_per_hour",
       "Mails about accounts to one address in an hour; more are not sent.",
       integer(1, accounts::request_store::kMaxPlace - 1, accounts, requests,
               &Requests::max_mails_per_hour)},
  };
}

SettingTable checkout_settings() {
  constexpr auto checkout = &Settings::checkout;
  constexpr auto queue = &CheckoutSettings::queue;
  constexpr auto open = &CheckoutSettings::open;
  constexpr auto unpaid = &CheckoutSettings::unpaid;
  constexpr auto holds = &CheckoutSettings::holds;
  using Lifetimes = orders::store::UnpaidLifetimes;
  using Open = checkout::OpenLimits;
  using Holds = checkout::ReservationLimits;
  return {
      {"checkout", "max_batch", "Largest number of orders written in one transaction.",
       integer(1, 1'000, checkout, queue, &checkout::QueueLimits::max_batch)},
      {"checkout", "max_waiting",
       "Orders of a node that may wait for the next transaction; more are answered 503.",
       integer(1, 1'000'000, checkout, queue, &checkout::QueueLimits::max_waiting)},
      {"checkout", "max_queue_time",
       "How long an order may wait for its transaction to begin; then it is answered 503.",
       duration(10ms, 1h, checkout, queue, &checkout::QueueLimits::max_queue_time)},
      {"checkout", "require_address",
       "Refuse orders that name no address, of a buyer without a default one. Off: for shops that "
       "send nothing, or let buyers collect.",
       boolean(checkout, &CheckoutSettings::require_address)},
      {"checkout", "unpaid_order_lifetime",
       "An order that is not paid within this time is cancelled, and its units can be sold again; "
       "0: never.",
       duration(0ms, 365 * kDay, checkout, unpaid, &Lifetimes::orders)},
      {"checkout", "unpaid_transfer_lifetime",
       "The same for an order to be paid by bank transfer or on delivery; measured from when it "
       "was placed.",
       duration(0ms, 365 * kDay, checkout, unpaid, &Lifetimes::transfers)},
      {"checkout", "max_open_orders_per_user",
       "Open orders of one user: unpaid, or free and not yet shipped; 0: no limit.",
       integer(0, checkout::kMaxOpenOrdersPerUser, checkout, open, &Open::orders_per_user)},
      {"checkout", "max_open_units_per_user", "Units in them; 0: no limit.",
       integer(0, 1'000'000'000, checkout, open, &Open::units_per_user)},
      {"checkout", "max_open_orders_per_network",
       "Unpaid orders from one network (an IPv4 address, a /64 of IPv6) at a time; 0: no limit.",
       integer(0, 1'000'000, checkout, open, &Open::orders_per_network)},
      {"checkout", "max_open_units_per_network", "Units in them; 0: no limit.",
       integer(0, 1'000'000'000, checkout, open, &Open::units_per_network)},
      {"checkout", "hold_time",
       "How long a reservation holds its stock if the cart requests no time.",
       duration(1s, kDay, checkout, holds, &checkout::ReservationLimits::hold_time)},
      {"checkout", "max_hold_time", "The longest time that a cart may request.",
       duration(1s, kDay, checkout, holds, &checkout::ReservationLimits::max_hold_time)},
      {"checkout", "max_hold_lifetime", "The longest time with all extensions of a reservation.",
       duration(1s, kDay, checkout, holds, &checkout::ReservationLimits::max_hold_lifetime)},
      {"checkout", "expiry_interval", "How often expired reservations and unpaid orders are ended.",
       duration(100ms, 1h, checkout, &CheckoutSettings::expiry_interval)},
      {"checkout", "max_held", "Reservations that one user may hold at a time.",
       integer(1, 10'000, checkout, holds, &Holds::max_held)},
      {"checkout", "max_held_units_per_user", "Units in them; 0: no limit.",
       integer(0, 1'000'000'000, checkout, holds, &Holds::max_units_per_user)},
      {"checkout", "max_held_per_network",
       "Reservations held from one network at a time; 0: no limit.",
       integer(0, 1'000'000, checkout, holds, &Holds::max_held_per_network)},
      {"checkout", "max_held_units_per_network", "Units in them; 0: no limit.",
       integer(0, 1'000'000'000, checkout, holds, &Holds::max_units_per_network)},
  };
}

SettingTable payment_settings() {
  constexpr auto payments = &Settings::payments;
  constexpr auto config = &PaymentSettings::config;
  constexpr auto webhooks = &PaymentSettings::webhooks;
  using Config = checkout::PaymentConfig;
  return {
      {"payments", "sandbox",
       "Whether orders may be paid in play money, at the sandbox provider; `souk up` sets it to "
       "true.",
       boolean(payments, &PaymentSettings::sandbox)},
      {"payments", "manual",
       "Whether orders may be paid by bank transfer or on delivery, which an administrator "
       "records.",
       boolean(payments, &PaymentSettings::manual)},
      {"payments", "default_provider",
       "Provider of payments that name none: sandbox or manual; empty: the sandbox if it is on.",
       string(payments, &PaymentSettings::default_provider)},
      {"payments", "webhook_secret",
       "Secret with which the payment provider signs its messages; without it none is accepted.",
       secret(payments, webhooks, &payments::WebhookConfig::secret)},
      {"payments", "previous_webhook_secret",
       "Secret that is accepted too, while the payment provider replaces it; empty: none.",
       secret(payments, webhooks, &payments::WebhookConfig::previous_secret)},
      {"payments", "webhook_tolerance",
       "How far the time of such a message may differ from this node's clock.",
       duration(1s, 1h, payments, webhooks, &payments::WebhookConfig::tolerance)},
      {"payments", "provider_timeout", "Longest time for the payment provider's answer.",
       duration(10ms, 10min, payments, config, &Config::provider_timeout)},
      {"payments", "retry_after",
       "A payment not settled within this time is retried; longer than provider_timeout.",
       duration(20ms, 1h, payments, config, &Config::retry_after)},
      {"payments", "max_retry_pause", "Longest pause between two attempts to settle a payment.",
       duration(20ms, kDay, payments, config, &Config::max_retry_pause)},
      {"payments", "resume_interval", "How often unfinished payments are looked for.",
       duration(10ms, 1h, payments, &PaymentSettings::resume_interval)},
      {"payments", "sandbox_late", "How late the sandbox answers for its method sandbox-late.",
       duration(0ms, 1min, payments, &PaymentSettings::sandbox_late)},
  };
}

SettingTable jobs_settings() {
  constexpr auto jobs = &Settings::jobs;
  constexpr auto config = &JobsSettings::config;
  using Config = jobs::JobsConfig;
  return {
      {"jobs", "channel_capacity",
       "Jobs that a node may have claimed and not begun; then claiming waits.",
       integer(1, 100'000, jobs, config, &Config::channel_capacity)},
      {"jobs", "concurrency", "Jobs that run at once on a node.",
       integer(1, 10'000, jobs, config, &Config::concurrency)},
      {"jobs", "lease", "A node that does not renew its lease for so long loses its claimed jobs.",
       duration(100ms, 1h, jobs, config, &Config::lease)},
      {"jobs", "handler_timeout",
       "Longest time for an attempt of a job; at most half of the lease, more than a webhook may "
       "take.",
       duration(10ms, 30min, jobs, config, &Config::handler_timeout)},
      {"jobs", "poll_interval", "How often jobs are looked for without a notification.",
       duration(1ms, 1h, jobs, config, &Config::poll_interval)},
      {"jobs", "max_attempts", "Attempts after which a job becomes a dead letter.",
       integer(1, 1'000, jobs, config, &Config::max_attempts)},
      {"jobs", "min_backoff", "Longest pause after the first failed attempt; doubled after each.",
       duration(1ms, 1h, jobs, config, &Config::min_backoff)},
      {"jobs", "max_backoff", "Longest pause between two attempts.",
       duration(1ms, 7 * kDay, jobs, config, &Config::max_backoff)},
      {"jobs", "drain_timeout", "Longest time for running jobs to finish when Souk stops.",
       duration(0ms, 10min, jobs, config, &Config::drain_timeout)},
      {"jobs", "housekeeping_interval", "How often expired data is deleted.",
       duration(1s, 30 * kDay, jobs, &JobsSettings::housekeeping_interval)},
      {"jobs", "key_retention", "How long the outcome of an Idempotency-Key is kept.",
       duration(1min, 365 * kDay, jobs, &JobsSettings::key_retention)},
      {"jobs", "history_retention",
       "How long ended reservations and events of payment providers are kept.",
       duration(1min, 3'650 * kDay, jobs, &JobsSettings::history_retention)},
  };
}

SettingTable confirmation_settings() {
  return {
      {"confirmation", "max_per_day",
       "Confirmations to one address in a day (UTC); more are not sent. 0: no limit.",
       integer(0, orders::store::kMaxPlaceInDay - 1, &Settings::confirmation,
               &confirmation::Config::max_per_day)},
      {"confirmation", "maildir", "Earlier name of mail.maildir.",
       folder(&Settings::mail, &mail::Config::maildir)},
      {"confirmation", "from", "Earlier name of mail.from.",
       string(&Settings::mail, &mail::Config::from)},
  };
}

SettingTable mail_settings() {
  constexpr auto mail = &Settings::mail;
  constexpr auto smtp = &mail::Config::smtp;
  using Config = mail::Config;
  using Smtp = mail::SmtpConfig;
  using mail::Security;
  return {
      {"mail", "from", "Sender address of all mail.", string(mail, &Config::from)},
      {"mail", "maildir",
       "Maildir that mail is delivered into, to be read by a mail server; not used with "
       "mail.smtp_host. Without either, no mail is sent.",
       folder(mail, &Config::maildir)},
      {"mail", "smtp_host", "SMTP server that mail is sent by, name or address.",
       string(mail, smtp, &Smtp::host)},
      {"mail", "smtp_port", "Its port: usually 587 with STARTTLS and 465 with TLS.",
       integer(1, 65'535, mail, smtp, &Smtp::port)},
      {"mail", "smtp_security",
       "How the connection is protected: starttls, which the server must then offer; tls, from the "
       "first byte; none. Certificates are always verified.",
       choice<Security>(
           {{"starttls", Security::kStartTls}, {"tls", Security::kTls}, {"none", Security::kNone}},
           mail, smtp, &Smtp::security)},
      {"mail", "smtp_user", "User to sign in as; empty: without.", string(mail, smtp, &Smtp::user)},
      {"mail", "smtp_password", "Password of mail.smtp_user.", secret(mail, smtp, &Smtp::password)},
      {"mail", "tls_ca_file", "File of trusted CA certificates, in PEM; empty: the system's.",
       file(mail, smtp, &Smtp::tls_ca_file)},
      {"mail", "connect_timeout", "Longest time to connect to the server, TLS included.",
       duration(10ms, 10min, mail, smtp, &Smtp::connect_timeout)},
      {"mail", "send_timeout",
       "Longest time to send a message, connecting included; less than jobs.handler_timeout.",
       duration(10ms, 30min, mail, smtp, &Smtp::send_timeout)},
      {"mail", "templates_dir",
       "Folder with texts of mails instead of the built-in ones, by the names of the source's "
       "templates/; empty: none.",
       readable_folder(mail, &Config::templates)},
      {"mail", "connections", "Messages sent at once, each by a connection and a thread.",
       integer(1, 64, mail, &Config::connections)},
  };
}

SettingTable webhooks_settings() {
  constexpr auto webhooks = &Settings::webhooks;
  using Config = webhooks::Config;
  return {
      {"webhooks", "allow_private_addresses",
       "Whether webhooks may go to loopback, private and other special addresses.",
       boolean(webhooks, &Config::allow_private_addresses)},
      {"webhooks", "allow_plain_http",
       "Whether webhooks may be http:// URLs: whoever is on the way can read and change them.",
       boolean(webhooks, &Config::allow_plain_http)},
      {"webhooks", "tls_ca_file",
       "With https://: file of trusted CA certificates, in PEM; empty: the system's.",
       file(webhooks, &Config::tls_ca_file)},
      {"webhooks", "connect_timeout",
       "Longest time to open a connection, including name look-up and TLS.",
       duration(10ms, 10min, webhooks, &Config::connect_timeout)},
      {"webhooks", "answer_timeout", "Longest time for an endpoint's answer.",
       duration(10ms, 10min, webhooks, &Config::answer_timeout)},
      {"webhooks", "breaker_threshold",
       "Failures in a row that open an endpoint's circuit breaker.",
       integer(1, 10'000, webhooks, &Config::breaker_threshold)},
      {"webhooks", "min_pause", "Longest first pause of an open circuit breaker.",
       duration(1ms, 1h, webhooks, &Config::min_pause)},
      {"webhooks", "max_pause", "Longest pause; each is up to twice the previous one.",
       duration(1ms, kDay, webhooks, &Config::max_pause)},
      {"webhooks", "disable_after", "An endpoint that has failed for so long is disabled.",
       duration(1min, 365 * kDay, webhooks, &Config::disable_after)},
      {"webhooks", "delivery_retention", "How long deliveries are listed.",
       duration(1min, 365 * kDay, webhooks, &Config::delivery_retention)},
  };
}

SettingTable statistics_settings() {
  constexpr auto statistics = &Settings::statistics;
  using Limits = jobs::BatchLimits;
  return {
      {"statistics", "max_items", "Largest number of events written together.",
       integer(1, 10'000, statistics, &Limits::max_items)},
      {"statistics", "max_delay", "How long the first event waits for others.",
       duration(1ms, 1h, statistics, &Limits::max_delay)},
  };
}

SettingTable reports_settings() {
  constexpr auto reports = &Settings::reports;
  using Config = reports::ReportsConfig;
  return {
      {"reports", "max_exports",
       "Concurrent exports, in all workers together; more are answered 503. Each has a connection.",
       integer(1, 1'000, reports, &Config::max_exports)},
      {"reports", "max_export_duration",
       "Longest time for an export; while it runs, vacuum cannot remove rows that it may still "
       "read.",
       duration(1s, kDay, reports, &Config::max_export_duration)},
      {"reports", "report_timeout", "Longest time for the statements of a report.",
       duration(10ms, 1h, reports, &Config::report_timeout)},
  };
}

SettingTable search_settings() {
  constexpr auto search = &Settings::search;
  using Config = catalog::SearchConfig;
  return {
      {"search", "language",
       "Language of names and descriptions, as PostgreSQL's text search calls it (german, simple, "
       "...): `souk migrate`, `init` and `up` index all products anew when it changes; empty: as "
       "the database has it, first english.",
       string(search, &Config::language)},
      {"search", "max_running",
       "Concurrent searches in the database, in all workers together, at least one in each.",
       integer(1, 1'000, search, &Config::max_running)},
      {"search", "max_waiting", "Searches waiting for their turn, likewise; more are answered 503.",
       integer(1, 100'000, search, &Config::max_waiting)},
      {"search", "timeout",
       "Longest time for a search in the database, and for the wait for its turn.",
       duration(10ms, 1h, search, &Config::timeout)},
  };
}

SettingTable memory_settings() {
  constexpr auto memory = &Settings::memory;
  using Config = BufferPool::Config;
  return {
      {"memory", "buffer_initial", "Initial size of a response's buffer.",
       bytes(64, kMiB, memory, &Config::initial)},
      {"memory", "buffer_retained", "Buffers up to this size are reused.",
       bytes(64, kMiB, memory, &Config::retained)},
      {"memory", "max_buffers_kept", "Unused buffers kept of each size, in each worker.",
       integer(0, 100'000, memory, &Config::max_kept)},
  };
}

SettingTable data_settings() {
  return {
      {"data", "directory", "Where `souk up` keeps PostgreSQL, Redis and the admin token.",
       string(&Settings::data, &DataSettings::directory), "--data"},
  };
}

SettingTable log_settings() {
  using telemetry::LogLevel;
  std::vector<std::pair<std::string_view, LogLevel>> levels;
  for (const auto level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    levels.emplace_back(telemetry::log_level_name(level), level);
  }
  return {
      {"log", "level", "Lowest level that is logged.",
       choice(std::move(levels), &Settings::log, &LogSettings::level), "--log-level"},
  };
}

// "0.045 EUR".
std::optional<telemetry::CorePrice> parse_price(std::string_view text) {
  constexpr double kMost = 1e9;
  const auto space = text.find(' ');
  if (space == text.npos) return std::nullopt;
  const auto amount = parse_decimal(text.substr(0, space));
  const auto currency = Currency::parse(text.substr(space + 1));
  if (!amount || !currency || !(*amount > 0 && *amount <= kMost)) return std::nullopt;
  return telemetry::CorePrice{*amount, *currency};
}

// May be empty: none.
template <class... Path>
SettingValue price(Path... path) {
  using Price = std::optional<telemetry::CorePrice>;
  return internal::setting_value(
      "price", "an amount and a currency, such as 0.045 EUR, or nothing",
      [](std::string_view text) -> std::optional<Price> {
        if (text.empty()) return Price();
        const auto parsed = parse_price(text);
        return parsed ? std::optional<Price>(parsed) : std::nullopt;
      },
      [](const Price& value) {
        return value ? fmt::format("{} {}", value->amount, value->currency.text()) : std::string();
      },
      path...);
}

SettingTable telemetry_settings() {
  constexpr auto http = &Settings::http;
  using Config = http::ServerConfig;
  return {
      {"telemetry", "slow_request", "A request that takes longer is logged as a warning.",
       duration(1ms, 1h, http, &Config::slow_request)},
      {"telemetry", "access_log",
       "Logs one in so many requests, with path, client and user: 1 all, 0 none.",
       integer(0, 1'000'000, http, &Config::access_log)},
      {"telemetry", "server_timing",
       "Whether each response has its number of statements and database time (Server-Timing).",
       boolean(http, &Config::server_timing)},
      {"telemetry", "core_hour_price",
       "What an hour of a core of a node costs: with it the dashboards show what 1,000 requests "
       "and an order cost; empty: nothing of money is shown.",
       price(&Settings::cost, &CostSettings::core_hour_price)},
  };
}

SettingTable vitals_settings() {
  return {
      {"vitals", "pages",
       "Names by which a storefront's pages report how fast they were (templates, not addresses), "
       "at most 20; others are counted together.",
       strings(&Settings::vitals, &vitals::Config::pages)},
  };
}

SettingTable tracing_settings() {
  constexpr auto tracing = &Settings::tracing;
  using Config = telemetry::TracingConfig;
  return {
      {"tracing", "enabled",
       "Whether spans of requests and jobs are recorded; slow and failed ones are kept for `souk "
       "trace` and the dashboard.",
       boolean(tracing, &Config::enabled)},
      {"tracing", "kept", "How many slow or failed requests and jobs a node keeps, the latest.",
       integer(1, 10'000, tracing, &Config::kept)},
      {"tracing", "slow_job", "A job that takes longer is kept as slow.",
       duration(1ms, 1h, tracing, &Config::slow_job)},
      {"tracing", "endpoint",
       "Collector to which traces are exported, by OTLP over HTTP in JSON, such as "
       "http://127.0.0.1:4318; empty: none.",
       string(tracing, &Config::endpoint)},
      {"tracing", "ca_file",
       "Certificates of the authorities trusted for an https:// collector; empty: the system's.",
       file(tracing, &Config::ca_file)},
      {"tracing", "sampled",
       "Exports one in so many requests that were neither slow nor failed: 1 all, 0 none.",
       integer(0, 1'000'000, tracing, &Config::sampled)},
      {"tracing", "follow_callers",
       "Whether the sampled flag of a request's traceparent decides instead: where clients are "
       "services of one's own.",
       boolean(tracing, &Config::follow_callers)},
      {"tracing", "interval", "Pause between two exports.",
       duration(10ms, 10min, tracing, &Config::interval)},
      {"tracing", "timeout", "Longest time for one export; its traces are then dropped.",
       duration(10ms, 10min, tracing, &Config::timeout)},
      {"tracing", "service", "The resource attribute service.name.",
       string(tracing, &Config::service)},
      {"tracing", "instance",
       "The resource attribute service.instance.id; empty: the node's host and port.",
       string(tracing, &Config::instance)},
      {"tracing", "attributes",
       "Further resource attributes, such as deployment.environment=production.",
       strings(tracing, &Config::attributes)},
  };
}

SettingTable make_table() {
  SettingTable all;
  for (auto* section :
       {process_settings,      runtime_settings,  server_settings,     database_settings,
        redis_settings,        cache_settings,    warm_up_settings,    accounts_settings,
        checkout_settings,     payment_settings,  jobs_settings,       mail_settings,
        confirmation_settings, webhooks_settings, statistics_settings, reports_settings,
        search_settings,       memory_settings,   data_settings,       log_settings,
        telemetry_settings,    tracing_settings,  vitals_settings}) {
    auto settings = section();
    std::ranges::move(settings, std::back_inserter(all));
  }
  return all;
}

}  // namespace

std::span<const Setting> all_settings() {
  static const auto table = make_table();
  return table;
}

}  // namespace souk::app
