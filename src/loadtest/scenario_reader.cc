// Reads the files of scenarios, strictly: an unknown key, a missing or a bad value is an error with
// its line.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/parse.h"
#include "loadtest/scenario.h"

namespace souk::loadtest {
namespace {

using std::chrono::nanoseconds;

constexpr std::chrono::hours kLongestStage{24 * 7};
constexpr std::size_t kMaxProducts = 1'000'000;
constexpr std::string_view kAllRequests = "all";
constexpr std::array<std::string_view, kVariables> kVariableNames = {
    "product", "list", "lines", "password", "unique", "category", "word", "item"};
constexpr std::array<std::string_view, 5> kStageKinds = {"ramp", "hold", "spike", "soak",
                                                         "breakpoint"};
constexpr std::array<std::pair<std::string_view, double>, 5> kQuantiles = {
    {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}}};

struct Complaint : std::runtime_error {
  Complaint(const toml::source_region& where, std::string_view what)
      : runtime_error(std::string(what)), line(where.begin.line) {}
  toml::source_index line;
};

// One table of the file, with the keys it may have.
class Table {
 public:
  Table(const toml::table& table, std::initializer_list<std::string_view> keys) : table_(table) {
    for (const auto& [key, value] : table) {
      if (std::ranges::find(keys, key.str()) == keys.end()) {
        throw Complaint(key.source(), fmt::format("unknown key \"{}\"; known here: {}", key.str(),
                                                  fmt::join(keys, ", ")));
      }
    }
  }

  bool has(std::string_view key) const { return table_.contains(key); }
  const toml::source_region& where(std::string_view key) const {
    const auto* node = table_.get(key);
    return node == nullptr ? table_.source() : node->source();
  }
  [[noreturn]] void refuse(std::string_view key, std::string_view expected) const {
    throw Complaint(where(key), fmt::format("\"{}\" {}; it must be {}", key,
                                            has(key) ? "has a bad value" : "is missing", expected));
  }

  std::string text(std::string_view key) const {
    auto value = table_[key].value_exact<std::string>();
    if (!value || value->empty()) refuse(key, "a text");
    return *std::move(value);
  }
  std::string text_or(std::string_view key, std::string_view fallback) const {
    return has(key) ? text(key) : std::string(fallback);
  }
  double number(std::string_view key, double least, double most) const {
    const auto value = table_[key].value<double>();
    if (!table_[key].is_number() || !value || !(*value >= least && *value <= most)) {
      refuse(key, fmt::format("a number between {} and {}", least, most));
    }
    return *value;
  }
  std::size_t count(std::string_view key, std::size_t most) const {
    const auto value = table_[key].value_exact<std::int64_t>();
    if (!value || *value < 1 || *value > static_cast<std::int64_t>(most)) {
      refuse(key, fmt::format("an integer between 1 and {}", most));
    }
    return static_cast<std::size_t>(*value);
  }
  bool flag(std::string_view key) const {
    if (!has(key)) return false;
    const auto value = table_[key].value_exact<bool>();
    if (!value) refuse(key, "true or false");
    return *value;
  }
  nanoseconds duration(std::string_view key) const {
    const auto text = table_[key].value_exact<std::string>();
    const auto value = text ? parse_duration(*text) : std::nullopt;
    if (!value || *value > kLongestStage) refuse(key, "a duration such as \"90s\", at most 7d");
    return *value;
  }
  const toml::table& table(std::string_view key) const {
    const auto* found = table_[key].as_table();
    if (found == nullptr) refuse(key, "a table");
    return *found;
  }
  // Of tables, 1 to `most`.
  const toml::array& tables(std::string_view key, std::size_t most) const {
    const auto* found = table_[key].as_array();
    if (found == nullptr || found->empty() || found->size() > most ||
        !found->is_homogeneous<toml::table>()) {
      refuse(key, fmt::format("1 to {} tables", most));
    }
    return *found;
  }
  const toml::table& all() const { return table_; }

 private:
  const toml::table& table_;
};

class FlowReader {
 public:
  explicit FlowReader(Scenario& scenario) : scenario_(scenario) {}

  Flow read(const toml::table& node) {
    const Table table(node, {"name", "share", "step"});
    // A flow sees what its own steps took, not what other flows did.
    names_.assign(kVariableNames.begin(), kVariableNames.end());
    Flow flow{.name = table.text("name"), .share = table.number("share", 0, kMaxRate), .steps = {}};
    if (std::ranges::find(scenario_.flows, flow.name, &Flow::name) != scenario_.flows.end()) {
      table.refuse("name", "a name of its own");
    }
    for (const auto& step : table.tables("step", kMaxSteps)) {
      flow.steps.push_back(read_step(*step.as_table()));
    }
    return flow;
  }

 private:
  Step read_step(const toml::table& node) {
    const Table table(
        node, {"request", "name", "with", "target", "query", "body", "as", "idempotent", "expect",
               "answer_has", "answer_lacks", "take", "think_time"});
    Step step;
    read_request(table, step);
    if (table.has("query")) step.target.append("?").append(compiled(table, "query"));
    if (table.has("body")) step.body = compiled(table, "body");
    const auto as = table.text_or("as", "nobody");
    step.as = as == "nobody" ? Sender::kNobody : as == "buyer" ? Sender::kBuyer : Sender::kToken;
    if (step.as == Sender::kToken) {
      if (!as.starts_with("${")) table.refuse("as", "\"nobody\", \"buyer\" or a \"${token}\"");
      step.token = compiled(table, "as");
    }
    step.idempotent = table.flag("idempotent");
    if (step.idempotent && step.method != http::Method::kPost) {
      table.refuse("idempotent", "of a POST");
    }
    read_expected(table, step);
    step.has = pointer(table, "answer_has");
    step.lacks = pointer(table, "answer_lacks");
    if (table.has("think_time")) step.think_time = table.duration("think_time");
    read_taken(table, step);
    return step;
  }

  TextTemplate compiled(const Table& table, std::string_view key) {
    return compiled(table.text(key), table.where(key));
  }
  TextTemplate compiled(std::string_view text, const toml::source_region& where) {
    auto made = TextTemplate::parse(text, names_);
    if (!made) throw Complaint(where, made.error());
    return *std::move(made);
  }

  // "GET /api/products/{id}", with a value for each parameter of the route.
  void read_request(const Table& table, Step& step) {
    const auto request = table.text("request");
    const auto space = std::min(request.find(' '), request.size());
    step.method = http::parse_method(request.substr(0, space));
    std::string_view path = std::string_view(request).substr(std::min(space + 1, request.size()));
    if (step.method == http::Method::kOther || !path.starts_with('/')) {
      table.refuse("request", "a method and a route, such as \"GET /api/products/{id}\"");
    }
    step.is_order = request == "POST /api/orders";
    step.endpoint = endpoint(table.text_or("name", request));
    if (table.has("target")) {
      if (table.has("with")) table.refuse("with", "left out beside \"target\"");
      step.target = compiled(table, "target");
      return;
    }
    std::size_t parameters = 0;
    for (auto open = path.find('{'); open != path.npos; open = path.find('{')) {
      const auto close = path.find('}', open);
      if (close == path.npos) table.refuse("request", "a route whose parameters are \"{name}\"");
      const auto name = path.substr(open + 1, close - open - 1);
      const auto* value = table.has("with") ? table.table("with").get(name) : nullptr;
      const auto text = value == nullptr ? std::nullopt : value->value_exact<std::string>();
      if (!text) {
        throw Complaint(table.where("with"), fmt::format("\"with\" needs a text for {{{}}}", name));
      }
      step.target.append(path.substr(0, open)).append(compiled(*text, value->source()));
      path.remove_prefix(close + 1);
      ++parameters;
    }
    if (table.has("with") && table.table("with").size() != parameters) {
      table.refuse("with", "a table with the parameters of the route, and no others");
    }
    step.target.append(path);
  }

  std::size_t endpoint(const std::string& request) {
    const auto found = std::ranges::find(scenario_.endpoints, request);
    const auto index = static_cast<std::size_t>(found - scenario_.endpoints.begin());
    if (found == scenario_.endpoints.end()) scenario_.endpoints.push_back(request);
    return index;
  }

  static std::string pointer(const Table& table, std::string_view key) {
    auto text = table.text_or(key, "");
    if (!text.empty() && !text.starts_with('/')) {
      table.refuse(key, "a JSON pointer, such as \"/items\"");
    }
    return text;
  }

  static void read_expected(const Table& table, Step& step) {
    constexpr std::string_view kWanted = "a list of statuses, such as [200, 201]";
    if (!table.has("expect")) {
      step.expected = {step.method == http::Method::kPost     ? 201
                       : step.method == http::Method::kDelete ? 204
                                                              : 200};
      return;
    }
    const auto* statuses = table.all()["expect"].as_array();
    if (statuses == nullptr || statuses->empty()) table.refuse("expect", kWanted);
    for (const auto& status : *statuses) {
      const auto value = status.value_exact<std::int64_t>().value_or(0);
      if (value < 200 || value > 599) table.refuse("expect", kWanted);
      step.expected.push_back(static_cast<int>(value));
    }
  }

  void read_taken(const Table& table, Step& step) {
    if (!table.has("take")) return;
    for (const auto& [key, node] : table.table("take")) {
      const auto pointer = node.value_exact<std::string>().value_or("");
      if (!pointer.starts_with('/')) {
        throw Complaint(node.source(), "what is taken is named by a JSON pointer, such as \"/id\"");
      }
      if (std::ranges::find(kVariableNames, key.str()) != kVariableNames.end()) {
        throw Complaint(key.source(), fmt::format("\"{}\" has a meaning already", key.str()));
      }
      const auto known = std::ranges::find(names_, key.str());
      // Slots of other flows are reused: a user is in one flow at a time.
      const auto index = static_cast<std::size_t>(known - names_.begin());
      if (known == names_.end()) names_.emplace_back(key.str());
      step.taken.push_back({index, pointer});
    }
    if (names_.size() > scenario_.variables.size()) scenario_.variables = names_;
  }

  Scenario& scenario_;
  std::vector<std::string> names_;
};

class ScenarioReader {
 public:
  Scenario read(const toml::table& root) {
    const Table table(root, {"summary", "model", "connections", "think_time", "warm_up", "stage",
                             "judges_cpu", "data", "threshold", "flow"});
    scenario_.summary = table.text("summary");
    const auto model = table.text_or("model", "closed");
    if (model != "open" && model != "closed") table.refuse("model", "\"closed\" or \"open\"");
    scenario_.is_open = model == "open";
    if (scenario_.is_open) scenario_.connections = table.count("connections", kMaxUsers);
    if (!scenario_.is_open && table.has("connections")) {
      table.refuse("connections", "left out in the closed model: each user has one");
    }
    if (table.has("think_time")) scenario_.think_time = table.duration("think_time");
    scenario_.judges_cpu = table.flag("judges_cpu");
    read_stages(table.tables("stage", kMaxStages));
    if (table.has("warm_up")) scenario_.warm_up = table.duration("warm_up");
    if (scenario_.warm_up >= scenario_.shape.duration()) {
      table.refuse("warm_up", "shorter than all stages together");
    }
    if (table.has("data")) read_data(table.table("data"));
    read_flows(table.tables("flow", kMaxFlows));
    if (table.has("threshold")) read_thresholds(table.table("threshold"));
    return std::move(scenario_);
  }

 private:
  void read_stages(const toml::array& nodes) {
    std::vector<LoadShape::Stage> stages;
    nanoseconds begin{};
    double level = 0;
    for (const auto& node : nodes) {
      const auto* level_key = scenario_.is_open ? "rate" : "users";
      const Table table(*node.as_table(), {"ramp", "hold", "spike", "soak", "breakpoint", level_key,
                                           "memory_growth", "at_least"});
      if (scenario_.breakpoint) table.refuse("breakpoint", "the last stage");
      const auto kind = kind_of(table);
      const auto time = table.duration(kind);
      const double most = scenario_.is_open ? kMaxRate : static_cast<double>(kMaxUsers);
      const bool same_level = (kind == "hold" || kind == "soak") && !stages.empty();
      const double to =
          same_level && !table.has(level_key) ? level : table.number(level_key, 0, most);
      const bool rises = kind == "ramp" || kind == "breakpoint";
      stages.push_back({time, rises ? level : to, to});
      if (kind != "spike") level = to;
      read_promise(table, kind, begin);
      begin += time;
    }
    scenario_.shape = LoadShape(std::move(stages));
    if (scenario_.shape.peak() <= 0 || scenario_.shape.duration().count() <= 0) {
      throw Complaint(nodes.source(), "the stages ask for nothing");
    }
  }

  static std::string_view kind_of(const Table& table) {
    std::vector<std::string_view> kinds;
    std::ranges::copy_if(kStageKinds, std::back_inserter(kinds),
                         [&](std::string_view kind) { return table.has(kind); });
    if (kinds.size() == 1) return kinds.front();
    throw Complaint(table.all().source(), fmt::format("a stage has one of {}, with its duration",
                                                      fmt::join(kStageKinds, ", ")));
  }

  // What only a soak or a breakpoint promises.
  void read_promise(const Table& table, std::string_view kind, nanoseconds begin) {
    if (table.has("memory_growth") || kind == "soak") {
      if (kind != "soak") table.refuse("memory_growth", "in a soak");
      scenario_.memory_growth = table.number("memory_growth", 0, 100);
    }
    if (table.has("at_least") && kind != "breakpoint") {
      table.refuse("at_least", "in a breakpoint");
    }
    if (kind == "breakpoint") {
      scenario_.breakpoint = {begin, std::nullopt};
      if (table.has("at_least")) {
        scenario_.breakpoint->at_least = table.number("at_least", 0, kMaxRate);
      }
    }
  }

  void read_data(const toml::table& node) {
    const Table table(node, {"popularity", "products", "order_lines", "lists"});
    auto& data = scenario_.data;
    if (table.has("popularity")) data.popularity = table.number("popularity", 0, 10);
    if (table.has("products")) data.products = table.count("products", kMaxProducts);
    if (table.has("order_lines")) data.order_lines = table.count("order_lines", kMaxOrderLines);
    if (!table.has("lists")) return;
    const Table lists(table.table("lists"),
                      {"plain", "category", "price_range", "sorted", "search", "next_page"});
    const auto share = [&](std::string_view key) {
      return lists.has(key) ? lists.number(key, 0, kMaxRate) : 0;
    };
    data.lists = {share("plain"),  share("category"), share("price_range"),
                  share("sorted"), share("search"),   share("next_page")};
    if (data.lists.plain <= 0) lists.refuse("plain", "above 0: it is sent where others cannot be");
  }

  void read_flows(const toml::array& nodes) {
    FlowReader reader(scenario_);
    scenario_.variables.assign(kVariableNames.begin(), kVariableNames.end());
    double sum = 0;
    for (const auto& node : nodes) {
      scenario_.flows.push_back(reader.read(*node.as_table()));
      sum += scenario_.flows.back().share;
    }
    if (sum <= 0) throw Complaint(nodes.source(), "the shares of all flows are 0");
  }

  void read_thresholds(const toml::table& node) {
    for (const auto& [key, value] : node) {
      std::optional<std::size_t> endpoint;
      if (key.str() != kAllRequests) {
        const auto found = std::ranges::find(scenario_.endpoints, key.str());
        if (found == scenario_.endpoints.end()) {
          throw Complaint(key.source(), fmt::format("no step requests \"{}\"", key.str()));
        }
        endpoint = static_cast<std::size_t>(found - scenario_.endpoints.begin());
      }
      if (!value.is_table()) throw Complaint(value.source(), "a threshold is a table");
      const Table table(*value.as_table(),
                        {"p50", "p90", "p95", "p99", "p999", "error_rate", "per_second"});
      for (const auto& [name, quantile] : kQuantiles) {
        if (!table.has(name)) continue;
        const std::chrono::duration<double> limit = table.duration(name);
        scenario_.thresholds.push_back({endpoint, std::string(name), quantile, limit.count()});
      }
      for (const auto* name : {"error_rate", "per_second"}) {
        if (!table.has(name)) continue;
        const double most = std::string_view(name) == "error_rate" ? 1 : kMaxRate;
        scenario_.thresholds.push_back({endpoint, name, {}, table.number(name, 0, most)});
      }
    }
  }

  Scenario scenario_;
};

}  // namespace

Result<Scenario> parse_scenario(std::string_view text, std::string_view source) {
  const auto refused = [source](toml::source_index line, std::string_view what) {
    return fail(ErrorCode::kInvalidRequest, fmt::format("{}:{}: {}", source, line, what));
  };
  try {
    auto scenario = ScenarioReader().read(toml::parse(text));
    const auto file = source.substr(source.rfind('/') + 1);
    scenario.name = std::string(file.substr(0, file.find(".toml")));
    scenario.text = std::string(text);
    return scenario;
  } catch (const Complaint& complaint) {
    return refused(complaint.line, complaint.what());
  } catch (const toml::parse_error& error) {
    return refused(error.source().begin.line, error.description());
  }
}

}  // namespace souk::loadtest
