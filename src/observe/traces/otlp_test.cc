#include "observe/traces/otlp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json_reader.h"
#include "observe/traces/trace_json.h"

namespace souk::observe {
namespace {

using namespace std::chrono_literals;
using telemetry::Trace;
using telemetry::TraceKept;
using ::testing::ElementsAre;
using ::testing::Pair;

constexpr Span::Time kOrigin{50s};

telemetry::TracePtr one_trace() {
  Trace trace{.context = {.trace_id = {0xab, 1}, .span_id = {0xcd, 2}, .flags = 1},
              .parent = {0xef, 3},
              .id = *Uuid::parse("018f2e6a-0000-7000-8000-0000000000ff"),
              .failed = true,
              .kept = TraceKept::kFailed,
              .status = 503,
              .name = "GET /api/things/{id}",
              .begun = Timestamp(1'700'000'000'000'001us),
              .origin = kOrigin,
              .duration = 3ms};
  trace.spans = {{.kind = SpanKind::kHandler,
                  .name = "handler",
                  .begun = kOrigin + 1ms,
                  .ended = kOrigin + 3ms},
                 {.kind = SpanKind::kStatement,
                  .parent = 0,
                  .failed = true,
                  .name = "things.find",
                  .begun = kOrigin + 1500us,
                  .ended = kOrigin + 2500us,
                  .waited = 400us,
                  .rows = 7,
                  .id = {0x11}}};
  return std::make_shared<const Trace>(std::move(trace));
}

std::vector<JsonNode> spans_of(const JsonReader& json) {
  return json.root()["resourceSpans"].elements()[0]["scopeSpans"].elements()[0]["spans"].elements();
}

std::string attribute(const JsonNode& span, std::string_view key) {
  for (const auto& attribute : span["attributes"].elements()) {
    if (attribute["key"].text() == key) return attribute["value"].json();
  }
  return "absent";
}

std::string exported(const telemetry::TracePtr& trace) {
  Buffer out;
  SeededRandom random(1);
  write_otlp(out, resource_of({}, "node:1"), std::span(&trace, 1), random);
  return std::string(out.view());
}

TEST(Otlp, IdsAreHexadecimalAndTimesAreNanosecondsAsText) {
  const JsonReader json(exported(one_trace()));
  const auto spans = spans_of(json);
  ASSERT_EQ(spans.size(), 3u);
  EXPECT_EQ(spans[0]["traceId"].text(), "ab010000000000000000000000000000");
  EXPECT_EQ(spans[0]["spanId"].text(), "cd02000000000000");
  EXPECT_EQ(spans[0]["parentSpanId"].text(), "ef03000000000000");
  EXPECT_EQ(spans[0]["startTimeUnixNano"].text(), "1700000000000001000");
  EXPECT_EQ(spans[0]["endTimeUnixNano"].text(), "1700000000003001000");
  EXPECT_EQ(spans[2]["startTimeUnixNano"].text(), "1700000000001501000");
}

TEST(Otlp, EachSpanNamesTheOneAroundItAndWhatItDid) {
  const JsonReader json(exported(one_trace()));
  const auto spans = spans_of(json);
  EXPECT_EQ(spans[0]["kind"].integer(), 2) << "server";
  EXPECT_EQ(spans[0]["status"]["code"].integer(), 2) << "error";
  EXPECT_EQ(attribute(spans[0], "http.response.status_code"), R"({"intValue":"503"})");
  EXPECT_EQ(attribute(spans[0], "http.request.method"), R"({"stringValue":"GET"})");
  EXPECT_EQ(attribute(spans[0], "http.route"), R"({"stringValue":"/api/things/{id}"})");
  EXPECT_EQ(spans[1]["parentSpanId"].text(), spans[0]["spanId"].text());
  EXPECT_NE(spans[1]["spanId"].text(), "0000000000000000");
  EXPECT_FALSE(spans[1].find("status"));
  EXPECT_EQ(spans[2]["parentSpanId"].text(), spans[1]["spanId"].text());
  EXPECT_EQ(spans[2]["spanId"].text(), "1100000000000000") << "it was passed on already";
  EXPECT_EQ(spans[2]["kind"].integer(), 3) << "client";
  EXPECT_EQ(attribute(spans[2], "db.response.returned_rows"), R"({"intValue":"7"})");
  EXPECT_EQ(attribute(spans[2], "souk.waited_ns"), R"({"intValue":"400000"})");
}

TEST(Otlp, ConfiguredAttributesOfTheResourceReplaceTheUsualOnes) {
  EXPECT_THAT(resource_of({.service = "shop",
                           .attributes = {"deployment.environment=test", "service.version=x=1"}},
                          "node:1"),
              ElementsAre(Pair("service.name", "shop"), Pair("service.instance.id", "node:1"),
                          Pair("deployment.environment", "test"), Pair("service.version", "x=1")));
}

TEST(Otlp, AnAnswerSaysHowManySpansWereRejectedAndWhy) {
  const auto said = read_otlp_answer(
      R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"too many attributes"}})");
  EXPECT_EQ(said.rejected, 3U);
  EXPECT_EQ(said.message, "too many attributes");
  EXPECT_EQ(read_otlp_answer(R"({"partialSuccess":{"rejectedSpans":4}})").rejected, 4U);
  const auto warned = read_otlp_answer(R"({"partialSuccess":{"errorMessage":"deprecated"}})");
  EXPECT_EQ(warned.rejected, 0U);
  EXPECT_EQ(warned.message, "deprecated");
}

TEST(Otlp, AnAnswerOfAnotherFormRejectsNothing) {
  for (const auto* const answer :
       {"", "{}", "[]", "null", "ok", R"({"partialSuccess":{}})", R"({"partialSuccess":null})",
        R"({"partialSuccess":7})", R"({"partialSuccess":{"rejectedSpans":"-1"}})",
        R"({"partialSuccess":{"rejectedSpans":"many"}})",
        R"({"partialSuccess":{"rejectedSpans":[1]}})",
        R"({"partialSuccess":{"rejectedSpans":"99999999999999999999"}})",
        R"({"partialSuccess":{"errorMessage":8}})"}) {
    const auto said = read_otlp_answer(answer);
    EXPECT_EQ(said.rejected, 0U) << answer;
    EXPECT_EQ(said.message, "") << answer;
  }
}

TEST(TraceJson, SpansFollowTheOneAroundThemInOrderOfTheirBegin) {
  const std::vector<Span> spans = {
      {.kind = SpanKind::kHandler, .name = "handler", .begun = kOrigin + 2ms},
      {.kind = SpanKind::kStatement, .parent = 0, .name = "second", .begun = kOrigin + 5ms},
      {.kind = SpanKind::kCache, .parent = 0, .name = "first", .begun = kOrigin + 3ms},
      {.kind = SpanKind::kStatement, .name = "admission", .begun = kOrigin + 1ms},
      {.kind = SpanKind::kStatement, .parent = 2, .name = "within", .begun = kOrigin + 4ms}};
  std::vector<std::pair<std::string_view, int>> order;
  for (const auto& placed : in_order(spans)) order.emplace_back(placed.span->name, placed.depth);
  EXPECT_THAT(order, ElementsAre(Pair("admission", 0), Pair("handler", 0), Pair("first", 1),
                                 Pair("within", 2), Pair("second", 1)));
}

TEST(TraceJson, TimesAreMicrosecondsSinceTheBegin) {
  const auto trace = one_trace();
  const JsonReader json(traces_json(std::span(&trace, 1), true));
  const auto shown = json.root()["traces"].elements()[0];
  EXPECT_EQ(shown["durationMicros"].integer(), 3'000);
  EXPECT_EQ(shown["status"].integer(), 503);
  const auto spans = shown["spans"].elements();
  EXPECT_EQ(spans[1]["startMicros"].integer(), 1'500);
  EXPECT_EQ(spans[1]["waitedMicros"].integer(), 400);
  EXPECT_EQ(spans[1]["rows"].integer(), 7);
  EXPECT_FALSE(spans[0].find("rows"));
}

}  // namespace
}  // namespace souk::observe
