#include "observe/grafana.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json_writer.h"
#include "observe/expressions.h"
#include "observe/panels.h"

namespace souk::observe {
namespace {

using telemetry::Budgets;

constexpr int kSchema = 39;  // Grafana 10; later ones migrate it
constexpr int kColumns = 24;
constexpr int kWidth = 8;
constexpr int kHeight = 8;
constexpr std::string_view kWindow = "$__rate_interval";
// Its buckets have exemplars: the traces of slow requests.
constexpr std::string_view kTraced = "souk_http_request_duration_seconds";

std::string_view unit_name(Unit unit) {
  // Of money the currency is a shop's own.
  constexpr std::array<std::string_view, 7> kNames = {"cps",   "cpm",   "s",    "percentunit",
                                                      "bytes", "short", "short"};
  return kNames[static_cast<std::size_t>(unit)];
}

// With a line for each member, so that changes can be reviewed.
std::string indented(std::string_view json) {
  std::string out;
  std::size_t depth = 0;
  bool in_text = false;
  const auto new_line = [&] { out += fmt::format("\n{:{}}", "", 2 * depth); };
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text || c == '"') {
      if (c == '"' && (i == 0 || json[i - 1] != '\\')) in_text = !in_text;
      out += c;
    } else if (c == '{' || c == '[') {
      out += c;
      if (json[i + 1] == '}' || json[i + 1] == ']') continue;
      ++depth;
      new_line();
    } else if (c == '}' || c == ']') {
      if (json[i - 1] != '{' && json[i - 1] != '[') {
        --depth;
        new_line();
      }
      out += c;
    } else {
      out += c;
      if (c == ',') new_line();
      if (c == ':') out += ' ';
    }
  }
  return out + '\n';
}

// Of the chosen job only.
std::string of_job(std::string_view expression) {
  return fmt::format("({}) and on (job) up{{job=\"$job\"}}", expression);
}

std::string expression_of(const Panel& panel, const Curve& curve) {
  const auto measure = curve.measure();
  auto text = record_expression(measure, std::string(kWindow), curve.labels_of_whole());
  std::ranges::replace(text, '\n', ' ');
  // A counter whose label has no series yet, such as that of an error, counts 0.
  if (curve.metric.ends_with("_total") && measure.share_of.empty()) {
    text = fmt::format("{} or 0 * sum by (job) (up)", text);
  }
  if (text.find("by (job, instance)") != text.npos) {
    constexpr std::array<std::string_view, 3> kMerges = {"sum", "max", "min"};
    text = fmt::format("{} by (job) ({})", kMerges[static_cast<std::size_t>(curve.nodes)], text);
  }
  if (const auto factor = panel.factor(curve); factor != 1) {
    text = fmt::format("{} * ({})", factor, text);
  }
  return of_job(text);
}

class Writer {
 public:
  explicit Writer(const Budgets& budgets) : budgets_(budgets) {}

  std::string all() {
    json_.begin_object();
    json_.member("uid", "souk");
    json_.member("title", "Souk");
    json_.member("description", "Generated: souk reference dashboard > deploy/grafana/souk.json");
    list("tags", [&] { json_.value("souk"); });
    json_.member("timezone", "browser");
    json_.member("schemaVersion", kSchema);
    json_.member("refresh", "30s");
    object("time", [&] {
      json_.member("from", "now-1h");
      json_.member("to", "now");
    });
    object("templating", [&] { list("list", [&] { variables(); }); });
    object("annotations", [&] { list("list", [&] { restarts(); }); });
    list("panels", [&] {
      for (const auto& panel : panels()) write(panel);
      slowest("Slowest endpoints", "souk_http_request_duration_seconds", "method, route",
              "{{method}} {{route}}");
      slowest("Slowest statements", "souk_db_statement_duration_seconds", "statement",
              "{{statement}}");
    });
    json_.end_object();
    return indented(out_.view());
  }

 private:
  template <class Write>
  void object(std::string_view name, Write write) {
    if (!name.empty()) json_.key(name);
    json_.begin_object();
    write();
    json_.end_object();
  }
  template <class Write>
  void list(std::string_view name, Write write) {
    json_.key(name);
    json_.begin_array();
    write();
    json_.end_array();
  }

  void data_source() {
    object("datasource", [&] {
      json_.member("type", "prometheus");
      json_.member("uid", "${datasource}");
    });
  }

  void variables() {
    object("", [&] {
      json_.member("name", "datasource");
      json_.member("label", "Data source");
      json_.member("type", "datasource");
      json_.member("query", "prometheus");
    });
    object("", [&] {
      json_.member("name", "job");
      json_.member("label", "Job");
      json_.member("type", "query");
      data_source();
      json_.member("definition", "label_values(souk_http_requests_total, job)");
      object("query", [&] {
        json_.member("query", "label_values(souk_http_requests_total, job)");
        json_.member("refId", "jobs");
      });
      json_.member("refresh", 2);
      json_.member("sort", 1);
    });
  }

  void restarts() {
    object("", [&] {
      json_.member("name", "Starts of nodes");
      json_.member("enable", true);
      json_.member("iconColor", "blue");
      data_source();
      json_.member(
          "expr",
          fmt::format("changes(process_start_time_seconds{{job=\"$job\"}}[{}]) > 0", kWindow));
      json_.member("titleFormat", "{{instance}} started");
      json_.member("step", "60s");
    });
  }

  // What every panel has.
  void begin_panel(std::string_view type, std::string_view title, std::string_view meaning) {
    json_.begin_object();
    json_.member("id", ++count_);
    json_.member("type", type);
    json_.member("title", title);
    json_.member("description", meaning);
    data_source();
    object("gridPos", [&] {
      const int place = count_ - 1;
      json_.member("x", place * kWidth % kColumns);
      json_.member("y", place * kWidth / kColumns * kHeight);
      json_.member("w", kWidth);
      json_.member("h", kHeight);
    });
  }

  void target(std::string_view id, std::string_view expression, std::string_view legend,
              bool instant, bool exemplars = false) {
    object("", [&] {
      json_.member("refId", id);
      data_source();
      json_.member("editorMode", "code");
      json_.member("expr", expression);
      json_.member("legendFormat", legend);
      json_.member(instant ? "instant" : "range", true);
      if (exemplars) json_.member("exemplar", true);
    });
  }

  void step(std::string_view color, std::optional<double> from) {
    object("", [&] {
      json_.member("color", color);
      json_.key("value");
      from ? json_.value(*from) : json_.null();
    });
  }

  // Drawn as dashed lines.
  void limits(const Panel& panel) {
    object("thresholds", [&] {
      json_.member("mode", "absolute");
      list("steps", [&] {
        std::vector<const telemetry::Objective*> objectives;
        for (const auto& limit : panel.all_limits()) {
          objectives.push_back(budgets_.find(limit.section, limit.subject, limit.name));
        }
        std::erase(objectives, nullptr);
        std::ranges::sort(objectives, {}, &telemetry::Objective::threshold);
        step("transparent", {});
        for (const auto* objective : objectives) step("red", objective->threshold);
      });
    });
  }

  void write(const Panel& panel) {
    begin_panel("timeseries", panel.title, panel.meaning);
    object("fieldConfig", [&] {
      object("defaults", [&] {
        json_.member("unit", unit_name(panel.unit));
        json_.member("min", 0);
        limits(panel);
        object("custom", [&] {
          json_.member("lineWidth", 1);
          json_.member("fillOpacity", panel.all_curves().size() == 1 ? 10 : 0);
          json_.member("showPoints", "never");
          object("thresholdsStyle", [&] { json_.member("mode", "dashed"); });
        });
      });
      list("overrides", [] {});
    });
    object("options", [&] {
      object("legend", [&] {
        json_.member("displayMode", "list");
        json_.member("placement", "bottom");
        list("calcs", [&] { json_.value("lastNotNull"); });
      });
      object("tooltip", [&] { json_.member("mode", "multi"); });
    });
    list("targets", [&] {
      char id = 'A';
      for (const auto& curve : panel.all_curves()) {
        target(std::string(1, id++), expression_of(panel, curve), curve.title, false,
               curve.quantile > 0 && curve.metric == kTraced);
      }
    });
    json_.end_object();
  }

  void slowest(std::string_view title, std::string_view metric, std::string_view labels,
               std::string_view legend) {
    begin_panel("bargauge", title, "The ten with the highest p95.");
    object("fieldConfig", [&] {
      object("defaults", [&] {
        json_.member("unit", unit_name(Unit::kSeconds));
        json_.member("min", 0);
      });
      list("overrides", [] {});
    });
    object("options", [&] {
      json_.member("orientation", "horizontal");
      json_.member("displayMode", "basic");
    });
    list("targets", [&] {
      const auto times =
          fmt::format("sum by (job, {}, le) (rate({}_bucket[{}]))", labels, metric, kWindow);
      target("A", of_job(fmt::format("topk(10, histogram_quantile(0.95, {}) >= 0)", times)), legend,
             true);
    });
    json_.end_object();
  }

  const Budgets& budgets_;
  Buffer out_;
  JsonWriter json_{out_};
  int count_ = 0;
};

}  // namespace

std::string grafana_dashboard(const Budgets& budgets) { return Writer(budgets).all(); }

}  // namespace souk::observe
