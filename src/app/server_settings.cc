// The settings of the servers; see setting_tables.h.
#include <iterator>

#include "app/setting_tables.h"

namespace souk::app {
namespace {

using namespace std::chrono_literals;

SettingTable http_settings() {
  constexpr auto http = &Settings::http;
  using Config = http::ServerConfig;
  return {
      {"http", "address",
       "Address that the API listens on: IPv4, IPv6, :: for all of both, or a name for all that it "
       "has.",
       string(http, &Config::address), "--address"},
      {"http", "port", "Port that the API listens on; 0: any free port.",
       integer(0, 65'535, http, &Config::port), "--port"},
      {"http", "backlog", "Length of the kernel's queue of connections to accept.",
       integer(1, 65'535, http, &Config::backlog)},
      {"http", "max_connections",
       "Open connections in total; more are answered 503, or by https:// closed.",
       integer(1, 10'000'000, http, &Config::max_connections)},
      {"http", "max_connections_per_address",
       "Open connections from one client address; more are answered 503, or by https:// closed.",
       integer(1, 10'000'000, http, &Config::max_connections_per_address)},
      {"http", "trusted_addresses",
       "Addresses and blocks (10.0.0.0/8) of clients without per-client limits, in addition to "
       "loopback: load generators.",
       strings(http, &Config::trusted_addresses)},
      {"http", "trusted_proxies",
       "Addresses and blocks of proxies whose client addresses are trusted. Per-client limits "
       "count the last hop that is not one of these. Behind a proxy that is missing here, all "
       "customers share the limits of one client, or have none if it is on loopback or in "
       "http.trusted_addresses.",
       strings(http, &Config::trusted_proxies)},
      {"http", "proxy_protocol",
       "Whether connections from http.trusted_proxies begin with a PROXY protocol header (version "
       "1 or 2), which names their client; HAProxy's send-proxy-v2. Before TLS.",
       boolean(http, &Config::proxy_protocol)},
      {"http", "proxy_header",
       "The field to which trusted proxies append the client's address; the other field is not "
       "read.",
       choice<http::ProxyHeader>({{"x-forwarded-for", http::ProxyHeader::kXForwardedFor},
                                  {"forwarded", http::ProxyHeader::kForwarded}},
                                 http, &Config::proxy_header)},
      {"http", "max_request_line", "Longest request line; longer ones are answered 414.",
       bytes(256, kMiB, http, &Config::max_request_line)},
      {"http", "max_header_bytes", "Size of all header fields together; more is answered 431.",
       bytes(256, kMiB, http, &Config::max_header_bytes)},
      {"http", "max_headers", "Number of header fields; more are answered 431.",
       integer(1, 10'000, http, &Config::max_headers)},
      {"http", "max_body_bytes",
       "Largest request body if its route sets no limit; a larger one is answered 413.",
       bytes(0, 1'024 * kMiB, http, &Config::max_body_bytes)},
      {"http", "max_pipelined",
       "Requests of one connection that are answered before other connections get their turn.",
       integer(1, 10'000, http, &Config::max_pipelined)},
  };
}

SettingTable http_time_settings() {
  constexpr auto http = &Settings::http;
  using Config = http::ServerConfig;
  return {
      {"http", "header_timeout", "Longest time for the whole head of a request to arrive.",
       duration(10ms, 1h, http, &Config::header_timeout)},
      {"http", "body_timeout", "Longest time for the whole body of a request to arrive.",
       duration(10ms, 1h, http, &Config::body_timeout)},
      {"http", "min_receive_rate",
       "Bytes a second with which a head or a body must arrive after its first 3 s; slower ones "
       "are answered 408. 0: any rate.",
       integer(0, 1'000'000, http, &Config::min_receive_rate)},
      {"http", "idle_timeout", "How long a connection stays open between requests.",
       duration(10ms, kDay, http, &Config::idle_timeout)},
      {"http", "write_timeout", "How long a response may wait for a client that does not read.",
       duration(10ms, 1h, http, &Config::write_timeout)},
      {"http", "request_deadline", "Longest time for a request; after it the request is cancelled.",
       duration(10ms, 1h, http, &Config::request_deadline)},
      {"http", "client_deadlines",
       "Whether a client's Request-Timeout, in seconds, shortens http.request_deadline.",
       boolean(http, &Config::client_deadlines)},
      {"http", "drain_notice",
       "How long idle connections are still served when Souk stops, and /readyz is 503: behind a "
       "proxy, the time it needs to notice.",
       duration(0ms, 1h, http, &Config::drain_notice)},
      {"http", "drain_timeout", "Longest time for running requests to finish when Souk stops.",
       duration(0ms, 1h, http, &Config::drain_timeout)},
  };
}

SettingTable page_settings() {
  constexpr auto http = &Settings::http;
  constexpr auto policy = &http::ServerConfig::policy;
  constexpr auto files = &http::ServerConfig::files;
  return {
      {"http", "nosniff", "Sends X-Content-Type-Options: nosniff with every response.",
       boolean(http, policy, &http::HeaderPolicy::nosniff)},
      {"http", "content_security_policy", "Content-Security-Policy of pages; empty: not sent.",
       string(http, policy, &http::HeaderPolicy::content_security)},
      {"http", "referrer_policy", "Referrer-Policy of pages; empty: not sent.",
       string(http, policy, &http::HeaderPolicy::referrer)},
      {"http", "files_folder",
       "Folder whose files everybody may read at http.files_at, such as a built storefront; empty: "
       "none.",
       readable_folder(http, files, &http::FilesConfig::folder)},
      {"http", "files_at", "Path of the URLs of the files in http.files_folder.",
       string(http, files, &http::FilesConfig::at)},
  };
}

SettingTable http2_settings() {
  constexpr auto http = &Settings::http;
  using Config = http::ServerConfig;
  const auto count = [](std::size_t Config::* member) {
    return integer(1, 1'000'000, http, member);
  };
  return {
      {"http2", "max_streams", "Requests in progress on one connection; more are refused.",
       count(&Config::http2_max_streams)},
      {"http2", "max_body_memory",
       "Bytes of bodies beyond 64 KiB that one connection may have read whole at once; others "
       "wait.",
       integer(0, 1 << 30, http, &Config::http2_max_body_memory)},
      {"http2", "max_continuations", "CONTINUATION frames of one header block.",
       count(&Config::http2_max_continuations)},
      {"http2", "window",
       "The time in which the following limits count what one connection does; exceeding one ends "
       "the connection with ENHANCE_YOUR_CALM.",
       duration(100ms, 1h, http, &Config::http2_window)},
      {"http2", "max_resets", "Streams reset by the client, or because of its errors.",
       count(&Config::http2_max_resets)},
      {"http2", "max_pings", "PING frames.", count(&Config::http2_max_pings)},
      {"http2", "max_settings", "SETTINGS frames.", count(&Config::http2_max_settings)},
      {"http2", "max_priority_updates", "PRIORITY_UPDATE and PRIORITY frames.",
       count(&Config::http2_max_priority_updates)},
      {"http2", "max_empty_frames", "DATA and HEADERS frames without content.",
       count(&Config::http2_max_empty_frames)},
      {"http2", "max_late_headers", "HEADERS frames of streams that have ended.",
       count(&Config::http2_max_late_headers)},
      {"http2", "max_window_updates",
       "WINDOW_UPDATE frames, beside those that the DATA sent to the client explains.",
       count(&Config::http2_max_window_updates)},
      {"http2", "max_unknown_frames", "Frames of types that the server does not know, and GOAWAY.",
       count(&Config::http2_max_unknown_frames)},
  };
}

SettingTable tls_settings() {
  constexpr auto tls = &Settings::tls;
  constexpr auto server = &TlsSettings::server;
  using Config = runtime::TlsServerConfig;
  using runtime::TlsVersion;
  return {
      {"tls", "certificate",
       "Files of certificates with their chains, in PEM; none: no https://. The first is for "
       "clients that name no host; others are chosen by name and by type of key. Changed files are "
       "loaded at once, and at SIGHUP.",
       files(tls, server, &Config::certificates), "--tls-certificate"},
      {"tls", "key", "Files of the certificates' private keys, in the same order, in PEM.",
       files(tls, server, &Config::keys), "--tls-key"},
      {"tls", "ocsp",
       "Files of OCSP responses to staple, in DER, each for one of the certificates, whose chain "
       "must be in its file.",
       files(tls, server, &Config::ocsp)},
      {"tls", "ticket_keys",
       "File of the keys of session tickets, for nodes behind one address: 80 random bytes for "
       "each key, the newest first. Empty: each node's own, replaced every 12h.",
       file(tls, server, &Config::ticket_keys)},
      {"tls", "min_version", "Oldest version of TLS that is spoken.",
       choice<TlsVersion>({{"1.2", TlsVersion::k12}, {"1.3", TlsVersion::k13}}, tls, server,
                          &Config::min_version)},
      {"tls", "port", "Port of https://, on http.address; 0 is http.port and 363 (80: 443).",
       integer(0, 65'535, tls, &TlsSettings::port)},
      {"tls", "redirect",
       "Redirects requests in plain text to https://, except /healthz and /readyz. Always so on "
       "an address that other hosts reach, without tls.plaintext.",
       boolean(tls, &TlsSettings::redirect)},
      {"tls", "redirect_port",
       "Port that redirects and Alt-Svc name, if clients see another; 0 is tls.port.",
       integer(0, 65'535, tls, &TlsSettings::redirect_port)},
      {"tls", "hsts",
       "How long browsers must use https:// only for this host (Strict-Transport-Security); 0: "
       "not said.",
       duration(0s, 2 * 365 * kDay, &Settings::http, &http::ServerConfig::hsts)},
      {"tls", "plaintext",
       "Answers plain text on addresses that other hosts reach: only behind a proxy that ends "
       "TLS.",
       boolean(tls, &TlsSettings::plaintext), "--plaintext"},
  };
}

SettingTable http3_settings() {
  constexpr auto http3 = &Settings::http3;
  using Config = http::h3::Config;
  return {
      {"http3", "enabled",
       "Serves HTTP/3 too, on the port of https:// of UDP; needs tls.certificate. Browsers learn "
       "of it by Alt-Svc.",
       boolean(http3, &Config::enabled), "--http3"},
      {"http3", "max_streams", "Requests of one connection at a time.",
       integer(1, 10'000, http3, &Config::max_streams)},
      {"http3", "retry_handshakes",
       "Unfinished handshakes of a worker from which on clients must first prove their address "
       "(Retry), which costs them a round trip; 0: always.",
       integer(0, 1'000'000, http3, &Config::retry_handshakes)},
      {"http3", "max_handshakes", "Unfinished handshakes of a worker; more are not begun.",
       integer(1, 1'000'000, http3, &Config::max_handshakes)},
      {"http3", "max_resets",
       "Requests per second that one connection may cancel, over ten seconds; more end it.",
       integer(1, 1'000'000, http3, &Config::max_resets)},
  };
}

SettingTable compression_settings() {
  constexpr auto http = &Settings::http;
  constexpr auto coding = &http::ServerConfig::coding;
  using Config = http::CodingConfig;
  using Levels = http::CodingLevels;
  const auto levels = [](auto... path) {
    return std::array{integer(1, 12, path..., &Levels::gzip),
                      integer(0, 11, path..., &Levels::brotli),
                      integer(1, 19, path..., &Levels::zstd)};
  };
  const auto stored = levels(http, coding, &Config::stored);
  const auto live = levels(http, coding, &Config::live);
  return {
      {"compression", "min_bytes", "Smaller response bodies are not compressed.",
       bytes(0, kMiB, http, coding, &Config::min_bytes)},
      {"compression", "types",
       "Media types that are compressed if the client accepts it; text/* names all texts.",
       strings(http, coding, &Config::types)},
      {"compression", "gzip_stored", "Level of gzip for what is compressed once and kept.",
       stored[0]},
      {"compression", "brotli_stored", "Level of Brotli for what is compressed once and kept.",
       stored[1]},
      {"compression", "zstd_stored", "Level of zstd for what is compressed once and kept.",
       stored[2]},
      {"compression", "gzip_live", "Level of gzip for what is compressed for one response.",
       live[0]},
      {"compression", "brotli_live", "Level of Brotli for what is compressed for one response.",
       live[1]},
      {"compression", "zstd_live", "Level of zstd for what is compressed for one response.",
       live[2]},
  };
}

SettingTable cors_settings() {
  constexpr auto http = &Settings::http;
  constexpr auto cors = &http::ServerConfig::cors;
  using Config = http::CorsConfig;
  return {
      {"cors", "origins",
       "Origins whose pages may call the API from a browser, such as https://shop.example; * for "
       "all, empty for none.",
       strings(http, cors, &Config::origins)},
      {"cors", "headers", "Request header fields that these pages may set.",
       strings(http, cors, &Config::headers)},
      {"cors", "exposed_headers", "Response header fields that these pages may read.",
       strings(http, cors, &Config::exposed_headers)},
      {"cors", "max_age", "How long a browser may remember the answer to a preflight.",
       duration(0s, kDay, http, cors, &Config::max_age)},
      {"cors", "credentials",
       "Whether browsers may send cookies and TLS client certificates along; Souk reads neither.",
       boolean(http, cors, &Config::credentials)},
  };
}

SettingTable admission_settings() {
  constexpr auto admission = &Settings::admission;
  using Config = admission::ControllerConfig;
  return {
      {"admission", "enabled",
       "Answers 503 to the least important requests while a queue's delay stands above its target; "
       "docs/overload.md has the order.",
       boolean(admission, &Config::enabled)},
      {"admission", "loop_target", "How long requests may wait for a worker as a matter of course.",
       duration(1ms, 10s, admission, &Config::loop_target)},
      {"admission", "database_target",
       "How long statements may wait for the database as a matter of course.",
       duration(1ms, 10s, admission, &Config::database_target)},
      {"admission", "orders_target",
       "Orders that would wait longer for their transaction are answered 503; before that, less "
       "important requests that need the database.",
       duration(1ms, 10s, admission, &Config::orders_target)},
  };
}

SettingTable rate_limit_settings() {
  constexpr auto limits = &Settings::rate_limits;
  using Config = admission::RateLimitsConfig;
  using Limits = admission::QuotaLimits;
  const auto most = [](auto... path) { return integer(0, 10'000'000, path...); };
  return {
      {"rate_limits", "reads_per_network",
       "Reads a minute from one client network, an IPv4 address or an IPv6 /64; 0: any number. "
       "More are answered 429, as with all of these limits; loopback and http.trusted_addresses "
       "are exempt.",
       most(limits, &Config::reads, &Limits::of_network)},
      {"rate_limits", "reads_per_account", "Reads a minute of one signed-in user; 0: any number.",
       most(limits, &Config::reads, &Limits::of_account)},
      {"rate_limits", "changes_per_network",
       "Orders, payments, holds and changes of accounts a minute from one network; 0: any number.",
       most(limits, &Config::changes, &Limits::of_network)},
      {"rate_limits", "changes_per_account",
       "Orders, payments, holds and changes of accounts a minute of one user; 0: any number.",
       most(limits, &Config::changes, &Limits::of_account)},
      {"rate_limits", "sign_ins_per_network",
       "Sign-ins a minute from one network, right or wrong; 0: any number.",
       most(limits, &Config::sign_in, &Limits::of_network)},
      {"rate_limits", "registrations_per_network",
       "Registrations a minute from one network; 0: any number.",
       most(limits, &Config::registration, &Limits::of_network)},
      {"rate_limits", "admin_per_network",
       "Administrators' requests a minute from one network; 0: any number.",
       most(limits, &Config::admin, &Limits::of_network)},
      {"rate_limits", "admin_per_account", "Requests a minute of one administrator; 0: any number.",
       most(limits, &Config::admin, &Limits::of_account)},
  };
}

SettingTable operator_settings() {
  constexpr auto operators = &Settings::operators;
  using Config = OperatorSettings;
  return {
      {"operator", "address",
       "Address for operators, IPv4 or IPv6: /metrics, /readyz with its reasons, /api/jobs and "
       "/api/cache. Must not be reachable for customers.",
       string(operators, &Config::address)},
      {"operator", "port", "Port for operators; 0 is http.port and 10000.",
       integer(0, 65'535, operators, &Config::port)},
      {"operator", "max_connections",
       "Open connections of operators in total; more are answered 503.",
       integer(1, 10'000, operators, &Config::max_connections)},
      {"operator", "dashboard_everywhere",
       "Whether /dashboard is on the shop's address, too: for administrators only, who sign in.",
       boolean(operators, &Config::dashboard_everywhere)},
  };
}

}  // namespace

SettingTable server_settings() {
  SettingTable all;
  for (auto* section : {http_settings, http_time_settings, page_settings, http2_settings,
                        tls_settings, http3_settings, compression_settings, cors_settings,
                        admission_settings, rate_limit_settings, operator_settings}) {
    auto settings = section();
    std::ranges::move(settings, std::back_inserter(all));
  }
  return all;
}

}  // namespace souk::app
