// Web Vitals, as pages send them.
// Threading: constants.
#pragma once

#include "api/wire/describe.h"
#include "vitals/vitals.h"

namespace souk::api {

constexpr Facets milliseconds(std::string_view meaning) {
  return {
      .meaning = meaning, .presence = Presence::kOptional, .minimum = 0, .maximum = vitals::kMaxMs};
}

template <>
inline constexpr auto describe<vitals::Report> = object(
    {.name = "PageVitals",
     .meaning =
         "What one view of a storefront's page has measured of itself, in milliseconds; what "
         "the browser does not know is left out.",
     .example = R"({"page":"product","loadMs":840,"lcpMs":910,"fcpMs":400,"ttfbMs":60,)"
                R"("inpMs":48,"clsThousandths":12})"},
    field(
        "page", &vitals::Report::page,
        {.meaning = "The template, one of `vitals.pages`, and not the address; others are counted "
                    "as `other`.",
         .min_length = 1,
         .max_length = vitals::kMaxPageName}),
    field("loadMs", &vitals::Report::load_ms, milliseconds("Until the load event.")),
    field("lcpMs", &vitals::Report::lcp_ms, milliseconds("Largest contentful paint.")),
    field("fcpMs", &vitals::Report::fcp_ms, milliseconds("First contentful paint.")),
    field("ttfbMs", &vitals::Report::ttfb_ms, milliseconds("First byte of the page.")),
    field("inpMs", &vitals::Report::inp_ms, milliseconds("Interaction to next paint.")),
    field("clsThousandths", &vitals::Report::cls_thousandths,
          {.meaning = "Cumulative layout shift, times 1,000.",
           .presence = Presence::kOptional,
           .minimum = 0,
           .maximum = vitals::kMaxClsThousandths}));

}  // namespace souk::api
