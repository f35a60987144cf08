// Keeps what a storefront's pages report of themselves (Web Vitals, https://web.dev/vitals) as
// histograms by page.
//
// Threading: one per worker, loop thread only. Ownership: borrows the registry, which outlives it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "telemetry/metrics.h"
#include "vitals/metrics.h"

namespace souk::vitals {

inline constexpr std::size_t kMaxPages = 20;
inline constexpr std::size_t kMaxPageName = 40;
inline constexpr std::string_view kOtherPage = "other";

struct Config {
  // Templates of the storefront, not addresses. All others are counted together.
  std::vector<std::string> pages = {"home", "list",     "product", "search",
                                    "cart", "checkout", "account"};
};

// At most kMaxPages names of small letters, digits, - and _, at most kMaxPageName long.
bool are_pages(const std::vector<std::string>& pages);

// What one page view has measured of itself. A browser does not know all of it.
struct Report {
  std::string page;
  std::optional<std::int32_t> load_ms = {};
  std::optional<std::int32_t> lcp_ms = {};
  std::optional<std::int32_t> fcp_ms = {};
  std::optional<std::int32_t> ttfb_ms = {};
  std::optional<std::int32_t> inp_ms = {};
  std::optional<std::int32_t> cls_thousandths = {};
};

inline constexpr std::int32_t kMaxMs = 600'000;  // a page that took longer was asleep
inline constexpr std::int32_t kMaxClsThousandths = 100'000;
// REQUIRES: the page's name is UTF-8. Errors: validation_failed, naming each value out of its
// bounds.
Result<> check(const Report& report);

class Vitals {
 public:
  Vitals(const Config& config, telemetry::Registry& registry);

  void take(const Report& report);

 private:
  struct Page {
    Page(std::string_view name, telemetry::Registry& registry);

    telemetry::Counter& reports;
    telemetry::Histogram& load;
    telemetry::Histogram& lcp;
    telemetry::Histogram& fcp;
    telemetry::Histogram& ttfb;
    telemetry::Histogram& inp;
    telemetry::Histogram& cls;
  };

  std::map<std::string, Page, std::less<>> pages_;
  Page other_;
};

}  // namespace souk::vitals
