#include "rivals/mix.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "base/json_writer.h"

namespace souk::rivals {
namespace {

constexpr std::string_view kBefore = ": request ";  // of the requests of an action but its last

// The share of each kind, of actions. A next page is an action of two requests, the first of which
// is a plain list.
std::array<double, kKinds> rfc_shares() {
  const auto rfc = loadtest::load_scenario("normal_load");
  SOUK_ASSERT(rfc.has_value());
  const auto share = [&](std::string_view name) {
    return std::ranges::find(rfc->flows, name, &loadtest::Flow::name)->share;
  };
  const auto& lists = rfc->data.lists;
  const double all = lists.plain + lists.category + lists.price_range + lists.sorted +
                     lists.search + lists.next_page;
  const double list = share("list") / all;
  return {list * std::max(lists.plain - lists.next_page, 0.0),
          list * lists.category,
          list * lists.price_range,
          list * lists.sorted,
          list * lists.search,
          list * lists.next_page,
          share("product"),
          share("order")};
}

std::string endpoint(Kind kind, std::size_t request, std::size_t requests) {
  return request + 1 == requests ? std::string(endpoint_of(kind))
                                 : fmt::format("{}{}{}", kind_name(kind), kBefore, request + 1);
}

// A step of a scenario's file.
std::string step_of(const Request& request, const std::string& name, std::string_view lacks,
                    bool is_order, const Shop& shop) {
  const auto target = fill_in(request.target, shop);
  auto text =
      fmt::format("[[flow.step]]\nname = '{}'\nrequest = '{} {}'\ntarget = '{}'\nexpect = [{}]\n",
                  name, request.method, target.substr(0, target.find('?')), target, request.status);
  if (!request.body.empty()) text += fmt::format("body = '''{}'''\n", fill_in(request.body, shop));
  if (!request.has.empty()) text += fmt::format("answer_has = '{}'\n", request.has);
  if (!lacks.empty()) text += fmt::format("answer_lacks = '{}'\n", lacks);
  if (!request.take.empty()) text += fmt::format("take.{} = '{}'\n", request.take, request.pointer);
  // Souk's customers are signed in, and their orders have keys.
  if (is_order) text += "as = 'buyer'\nidempotent = true\n";
  return text;
}

class Maker {
 public:
  Maker(const Driver& driver, const Shop& shop) : driver_(driver), shop_(shop), json_(out_) {
    json_.begin_array();
  }

  Mix make() {
    const auto shares = rfc_shares();
    const auto ours = souk_rows();
    for (std::size_t i = 0; i < kKinds; ++i) {
      SOUK_ASSERT(driver_.rows[i].kind == static_cast<Kind>(i) && ours[i].kind == Kind(i));
      add(ours[i], driver_.rows[i], shares[i]);
    }
    json_.end_array();
    mix_.souk = parsed(souk_, "souk");
    mix_.rival = parsed(rival_, driver_.name);
    mix_.json = out_.view();
    return std::move(mix_);
  }

 private:
  void add(const Row& ours, const Row& theirs, double share) {
    const auto name = kind_name(ours.kind);
    json_.begin_object();
    json_.member("kind", name);
    json_.member("share", theirs.requests.empty() ? 0 : share);
    write_requests("souk", ours.requests, Shop{});
    write_requests("rival", theirs.requests, shop_);
    json_.member("note", theirs.note);
    json_.end_object();
    if (theirs.requests.empty()) {
      mix_.left_out.push_back(fmt::format("{}: {}", name, theirs.note));
      return;
    }
    mix_.kinds.push_back(ours.kind);
    const auto flow = fmt::format("[[flow]]\nname = '{}'\nshare = {}\n", name, share);
    souk_ += flow;
    rival_ += flow;
    for (std::size_t i = 0; i < ours.requests.size(); ++i) {
      souk_ += step_of(ours.requests[i], endpoint(ours.kind, i, ours.requests.size()), {},
                       ours.kind == Kind::kOrder, Shop{});
    }
    for (std::size_t i = 0; i < theirs.requests.size(); ++i) {
      rival_ += step_of(theirs.requests[i], endpoint(ours.kind, i, theirs.requests.size()),
                        driver_.lacks, false, shop_);
    }
  }

  void write_requests(std::string_view side, std::span<const Request> requests, const Shop& shop) {
    json_.key(side);
    json_.begin_array();
    for (const auto& request : requests) {
      json_.begin_object();
      json_.member("method", request.method);
      json_.member("target", fill_in(request.target, shop));
      json_.member("body", fill_in(request.body, shop));
      json_.member("status", request.status);
      json_.member("answerHas", request.has);
      json_.end_object();
    }
    json_.end_array();
  }

  static loadtest::Scenario parsed(const std::string& flows, std::string_view name) {
    auto scenario = loadtest::parse_scenario(
        fmt::format("summary = 'the shared mix'\n[[stage]]\nhold = '1m'\nusers = 1\n{}", flows),
        name);
    SOUK_ASSERT(scenario.has_value());  // the tables are constants, and the shop's values plain
    return *std::move(scenario);
  }

  const Driver& driver_;
  const Shop& shop_;
  Mix mix_;
  std::string souk_;
  std::string rival_;
  Buffer out_;
  JsonWriter json_;
};

}  // namespace

Mix make_mix(const Driver& driver, const Shop& shop) { return Maker(driver, shop).make(); }

bool is_of(std::string_view endpoint, Kind kind) {
  const auto name = kind_name(kind);
  return endpoint == name ||
         (endpoint.starts_with(name) && endpoint.substr(name.size()).starts_with(kBefore));
}

}  // namespace souk::rivals
