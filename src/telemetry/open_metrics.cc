#include "telemetry/open_metrics.h"

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "base/encoding.h"

namespace souk::telemetry {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

constexpr std::string_view kTotal = "_total";
constexpr std::array<std::string_view, 3> kUnits = {"seconds", "bytes", "ratio"};

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Histogram:
      return "histogram";
    default:
      return "gauge";
  }
}

// A whole number has a fraction: "1" and "1.0" would be two series of a bound.
std::string canonical(double number) {
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  if (std::isnan(number)) return "NaN";
  auto text = fmt::format("{}", number);
  if (text.find_first_of(".e") == text.npos) text += ".0";
  return text;
}

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\n') {
      safe += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') safe += '\\';
    safe += c;
  }
  return safe;
}

class Writer {
 public:
  explicit Writer(Buffer& out) : out_(out) {}

  void family(const RenderedFamily& rendered) {
    const auto& family = rendered.family;
    // The family of a counter has the name without the suffix of its samples.
    std::string_view name = family.name;
    if (family.type == MetricType::Counter && name.ends_with(kTotal)) {
      name.remove_suffix(kTotal.size());
    }
    write("# TYPE {} {}\n", name, type_name(family.type));
    for (const auto unit : kUnits) {
      if (name.ends_with(unit)) write("# UNIT {} {}\n", name, unit);
    }
    write("# HELP {} {}\n", name, escaped(family.help));
    for (std::size_t i = 0; i < family.metric.size(); ++i) {
      const auto& metric = family.metric[i];
      switch (family.type) {
        case MetricType::Counter:
          sample(name, kTotal, metric, {}, canonical(metric.counter.value));
          break;
        case MetricType::Histogram:
          histogram(name, metric, rendered.exemplars[i]);
          break;
        default:
          sample(name, {}, metric, {}, canonical(metric.gauge.value));
          break;
      }
    }
  }

 private:
  template <class... T>
  void write(fmt::format_string<T...> format, T&&... values) {
    out_.append(fmt::format(format, std::forward<T>(values)...));
  }

  // `bound`: the value of the label le, if any.
  void sample(std::string_view name, std::string_view suffix, const ClientMetric& metric,
              std::string_view bound, std::string_view value, std::string_view exemplar = {}) {
    std::string labels;
    for (const auto& label : metric.label) {
      labels +=
          fmt::format("{}{}=\"{}\"", labels.empty() ? "" : ",", label.name, escaped(label.value));
    }
    if (!bound.empty()) labels += fmt::format("{}le=\"{}\"", labels.empty() ? "" : ",", bound);
    if (!labels.empty()) labels = fmt::format("{{{}}}", labels);
    write("{}{}{} {}{}\n", name, suffix, labels, value, exemplar);
  }

  void histogram(std::string_view name, const ClientMetric& metric,
                 const BucketExemplars& exemplars) {
    const auto& histogram = metric.histogram;
    for (std::size_t i = 0; i < histogram.bucket.size(); ++i) {
      const auto& bucket = histogram.bucket[i];
      std::string example;
      if (const auto& exemplar = exemplars.at(i)) {
        const std::chrono::duration<double> at = exemplar->at.time_since_epoch();
        example = fmt::format(" # {{trace_id=\"{}\"}} {} {:.3f}", to_hex(exemplar->trace),
                              canonical(exemplar->value), at.count());
      }
      sample(name, "_bucket", metric, canonical(bucket.upper_bound),
             fmt::to_string(bucket.cumulative_count), example);
    }
    sample(name, "_count", metric, {}, fmt::to_string(histogram.sample_count));
    sample(name, "_sum", metric, {}, canonical(histogram.sample_sum));
  }

  Buffer& out_;
};

}  // namespace

void write_open_metrics(Buffer& out, const std::vector<RenderedFamily>& families) {
  Writer writer(out);
  for (const auto& family : families) writer.family(family);
  out.append("# EOF\n");
}

}  // namespace souk::telemetry
