// What settings must be to each other, and what one value cannot say of itself.
#include <fmt/format.h>

#include <array>

#include "app/setting_value.h"
#include "app/settings.h"
#include "http/client_rules.h"
#include "http/files/files.h"
#include "mail/message.h"

namespace souk::app {
namespace {

using Rule = std::string (*)(const Settings&);

std::string of_http(const Settings& settings) {
  if (const auto clients = http::ClientRules::check(settings.http); !clients) {
    return "http.trusted_addresses, http.trusted_proxies: " + clients.error().detail;
  }
  if (const auto cors = http::Cors::check(settings.http.cors); !cors) {
    return "cors.*: " + cors.error().detail;
  }
  if (!http::Files::can_serve_at(settings.http.files.at)) {
    return fmt::format(
        "http.files_at must be / or segments of a path that Souk does not use, not \"{}\"",
        settings.http.files.at);
  }
  if (settings.operators.port != 0 && settings.operators.port == settings.http.port) {
    return fmt::format("operator.port must be another than http.port ({})", settings.http.port);
  }
  return {};
}

std::string of_tls(const Settings& settings) {
  const auto& tls = settings.tls.server;
  if (tls.certificates.size() != tls.keys.size()) {
    return fmt::format("tls.key must name one file for each of tls.certificate: {}, not {}",
                       tls.certificates.size(), tls.keys.size());
  }
  if (settings.http3.enabled && !settings.tls.is_on()) {
    return "http3.enabled needs a certificate: see tls.certificate";
  }
  return {};
}

std::string of_database(const Settings& settings) {
  const auto& database = settings.database;
  if (database.min_connections <= database.max_connections) return {};
  return fmt::format(
      "database.min_connections ({}) must not be above database.max_connections ({})",
      database.min_connections, database.max_connections);
}

std::string of_redis(const Settings& settings) {
  const auto& redis = settings.redis.client;
  if (redis.min_retry_delay <= redis.max_retry_delay) return {};
  return fmt::format("redis.min_retry_delay ({}) must not be above redis.max_retry_delay ({})",
                     format_duration(redis.min_retry_delay),
                     format_duration(redis.max_retry_delay));
}

std::string of_memory(const Settings& settings) {
  const auto& memory = settings.memory;
  if (memory.initial <= memory.retained) return {};
  return fmt::format("memory.buffer_initial ({}) must not be above memory.buffer_retained ({})",
                     format_bytes(memory.initial), format_bytes(memory.retained));
}

std::string of_holds(const Settings& settings) {
  const auto& holds = settings.checkout.holds;
  if (holds.hold_time <= holds.max_hold_time) return {};
  return fmt::format("checkout.hold_time ({}) must not be above checkout.max_hold_time ({})",
                     format_duration(holds.hold_time), format_duration(holds.max_hold_time));
}

std::string of_payments(const Settings& settings) {
  const auto& provider = settings.payments.default_provider;
  const bool is_on = provider.empty() || (provider == "sandbox" && settings.payments.sandbox) ||
                     (provider == "manual" && settings.payments.manual);
  if (!is_on) {
    return fmt::format("payments.default_provider must be a provider that is on, not \"{}\"",
                       provider);
  }
  const auto& payments = settings.payments.config;
  if (payments.provider_timeout >= payments.retry_after) {
    return fmt::format("payments.provider_timeout ({}) must be below payments.retry_after ({})",
                       format_duration(payments.provider_timeout),
                       format_duration(payments.retry_after));
  }
  return {};
}

std::string of_jobs(const Settings& settings) {
  const auto& jobs = settings.jobs.config;
  if (2 * jobs.handler_timeout > jobs.lease) {
    return fmt::format("jobs.handler_timeout ({}) must not be above half of jobs.lease ({})",
                       format_duration(jobs.handler_timeout), format_duration(jobs.lease));
  }
  if (settings.jobs.key_retention > settings.jobs.history_retention) {
    return fmt::format("jobs.key_retention ({}) must not be above jobs.history_retention ({})",
                       format_duration(settings.jobs.key_retention),
                       format_duration(settings.jobs.history_retention));
  }
  if (jobs.min_backoff > jobs.max_backoff) {
    return fmt::format("jobs.min_backoff ({}) must not be above jobs.max_backoff ({})",
                       format_duration(jobs.min_backoff), format_duration(jobs.max_backoff));
  }
  return {};
}

std::string of_mail(const Settings& settings) {
  const auto& mail = settings.mail;
  if (!mail::is_plain_address(mail.from)) {
    return fmt::format("mail.from must be an e-mail address, not \"{}\"", mail.from);
  }
  if (settings.accounts.requests.verify_email && !mail.is_on()) {
    return "accounts.verify_email needs mail: see mail.smtp_host";
  }
  const auto& smtp = mail.smtp;
  if (!smtp.user.empty() && smtp.security == mail::Security::kNone) {
    return "mail.smtp_user must not be sent without TLS: see mail.smtp_security";
  }
  const auto job_timeout = settings.jobs.config.handler_timeout;
  if (!smtp.host.empty() && smtp.send_timeout >= job_timeout) {
    return fmt::format("mail.send_timeout ({}) must be below jobs.handler_timeout ({})",
                       format_duration(smtp.send_timeout), format_duration(job_timeout));
  }
  return {};
}

std::string of_webhooks(const Settings& settings) {
  const auto& webhooks = settings.webhooks;
  if (webhooks.min_pause > webhooks.max_pause) {
    return fmt::format("webhooks.min_pause ({}) must not be above webhooks.max_pause ({})",
                       format_duration(webhooks.min_pause), format_duration(webhooks.max_pause));
  }
  const auto job_timeout = settings.jobs.config.handler_timeout;
  if (webhooks.connect_timeout + webhooks.answer_timeout >= job_timeout) {
    return fmt::format(
        "webhooks.connect_timeout ({}) and webhooks.answer_timeout ({}) together must be below "
        "jobs.handler_timeout ({})",
        format_duration(webhooks.connect_timeout), format_duration(webhooks.answer_timeout),
        format_duration(job_timeout));
  }
  return {};
}

// Not quoted: it may have a password in it. Settings other than secrets are shown in reports.
std::string of_tracing(const Settings& settings) {
  const std::string_view endpoint = settings.tracing.endpoint;
  const bool is_url = endpoint.starts_with("http://") || endpoint.starts_with("https://");
  if (endpoint.empty() || (is_url && !endpoint.contains('@'))) return {};
  return "tracing.endpoint must begin with http:// or https:// and name no user or password";
}

std::string of_vitals(const Settings& settings) {
  if (vitals::are_pages(settings.vitals.pages)) return {};
  return fmt::format(
      "vitals.pages must be at most {} names of small letters, digits, - and _, each of at most {}",
      vitals::kMaxPages, vitals::kMaxPageName);
}

constexpr std::array<Rule, 12> kRules = {of_http,   of_tls,      of_database, of_redis,
                                         of_memory, of_holds,    of_payments, of_jobs,
                                         of_mail,   of_webhooks, of_tracing,  of_vitals};

}  // namespace

std::string contradiction(const Settings& settings) {
  for (const auto rule : kRules) {
    if (auto wrong = rule(settings); !wrong.empty()) return wrong;
  }
  return {};
}

}  // namespace souk::app
