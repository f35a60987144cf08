#include "loadtest/report_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "loadtest/report_page.h"

namespace souk::loadtest {
namespace {

// For attributes and text. Control characters do not exist in XML 1.0.
std::string xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

std::string findings_of(const AuditOutcome& audit) {
  if (!audit.report) return audit.why_not;
  std::string text;
  for (const auto& finding : audit.report->findings) {
    fmt::format_to(std::back_inserter(text), "{}: {} {}; ", finding.code, finding.count,
                   finding.meaning);
  }
  return text;
}

}  // namespace

std::string html_report(std::string_view json) {
  constexpr std::string_view kPlace = "@DATA@";
  const auto at = kReportPage.find(kPlace);
  std::string page(kReportPage.substr(0, at));
  for (const char c : json) {
    // Within JSON only strings contain it: nothing in them can end the script.
    if (c == '<') {
      page += "\\u003c";
    } else {
      page += c;
    }
  }
  page += kReportPage.substr(at + kPlace.size());
  return page;
}

std::string junit_report(const Measurements& measured, const std::vector<Judgement>& judgements,
                         const AuditOutcome& audit) {
  const auto suite = xml("souk loadtest " + measured.scenario.name);
  const auto count = [&](Verdict verdict) {
    return static_cast<int>(std::ranges::count(judgements, verdict, &Judgement::verdict));
  };
  const bool audit_skipped = !audit.report && audit.clean();
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{}\" tests=\"{}\" "
      "failures=\"{}\" skipped=\"{}\" time=\"{:.3f}\">\n",
      suite, judgements.size() + 1, count(Verdict::kBroken) + (audit.clean() ? 0 : 1),
      count(Verdict::kNotMeasured) + (audit_skipped ? 1 : 0),
      std::chrono::duration<double>(measured.elapsed).count());
  const auto add = [&](std::string_view name, std::string_view outcome, const std::string& why) {
    fmt::format_to(std::back_inserter(out), "  <testcase classname=\"{}\" name=\"{}\">", suite,
                   xml(name));
    if (!outcome.empty()) {
      fmt::format_to(std::back_inserter(out), "<{} message=\"{}\"/>", outcome, xml(why));
    }
    out += "</testcase>\n";
  };
  for (const auto& j : judgements) {
    const std::string_view outcome = j.verdict == Verdict::kKept     ? ""
                                     : j.verdict == Verdict::kBroken ? "failure"
                                                                     : "skipped";
    add(fmt::format("{} {}", j.budget, j.limit), outcome, j.measured);
  }
  add("audit", audit_skipped ? "skipped" : audit.clean() ? "" : "failure", findings_of(audit));
  return out + "</testsuite>\n";
}

}  // namespace souk::loadtest
