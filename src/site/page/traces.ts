// The last slow and failed requests and jobs, each with its waterfall, which is loaded when it is opened.

import { element } from "./chart.ts";
import type { Trace, TraceSpan, WholeTrace } from "./shop.ts";
import { trace, traces } from "./shop.ts";
import { byId } from "./tables.ts";
import { shown, timeOf } from "./units.ts";

const ms = (micros: number): string => shown(micros / 1e6, "seconds");

// A job that is tried again has the same id.
const runOf = (of: Trace): string => `${of.id} ${of.startedAt}`;

function bar(whole: number, start: number, length: number, className: string): HTMLElement {
  const made = element("i", className);
  made.style.left = `${100 * Math.min(start / whole, 1)}%`;
  made.style.width = `${100 * Math.min(length / whole, 1)}%`;
  return made;
}

function line(whole: number, span: TraceSpan): HTMLElement {
  const what = element("span", "what", span.kind === span.name ? span.name : `${span.kind} ${span.name}`);
  what.style.paddingLeft = `${span.depth * 12}px`;
  const track = element("span", "track");
  track.append(bar(whole, span.startMicros, span.durationMicros, span.failed ? "failed" : ""));
  if (span.waitedMicros > 0) track.append(bar(whole, span.startMicros, span.waitedMicros, "waiting"));
  const times = [`at ${ms(span.startMicros)}`, `took ${ms(span.durationMicros)}`];
  if (span.waitedMicros > 0) times.push(`waited ${ms(span.waitedMicros)} of it`);
  if (span.rows !== undefined) times.push(`${span.rows} rows`);
  if (span.failed) times.push("failed");
  const item = element("li");
  item.append(what, track, element("span", "times", times.join(", ")));
  return item;
}

function waterfall(of: WholeTrace): HTMLElement {
  const made = element("div", "waterfall");
  made.append(element("p", "note", `${of.kind} ${of.id}, trace ${of.traceId}`));
  const list = element("ol");
  const whole = Math.max(of.durationMicros, 1);
  const self = { depth: 0, kind: of.kind, name: of.name, startMicros: 0, durationMicros: of.durationMicros,
    waitedMicros: 0, failed: of.kept === "failed" };
  list.append(line(whole, self), ...of.spans.map(span => line(whole, { ...span, depth: span.depth + 1 })));
  made.append(list);
  if (of.leftOut > 0) made.append(element("p", "note", `and ${of.leftOut} more, left out`));
  return made;
}

function entry(of: Trace): HTMLElement {
  const details = element("details");
  details.dataset.run = runOf(of);
  const summary = element("summary");
  summary.append(
    element("span", "", timeOf(Date.parse(of.startedAt) / 1000)),
    element("b", "", of.name),
    element("span", of.kept === "failed" ? "firing" : "pending",
      of.status === undefined ? of.kept : `${of.kept}, ${of.status}`),
    element("span", "number", ms(of.durationMicros)));
  details.append(summary);
  details.addEventListener("toggle", () => {
    if (!details.open || details.querySelector(".waterfall")) return;
    trace(of.id).then(found => details.append(...found.traces.map(waterfall)), (error: unknown) => {
      details.append(element("p", "note", error instanceof Error ? error.message : String(error)));
    });
  });
  const item = element("li");
  item.append(details);
  return item;
}

// Entries that are shown already stay as they are, open or not.
export async function showTraces(): Promise<void> {
  const latest = (await traces()).traces;
  const list = byId("slow-list");
  const known = new Map([...list.querySelectorAll("details")].map(details => [details.dataset.run, details.parentElement!]));
  list.replaceChildren(...latest.map(each => known.get(runOf(each)) ?? entry(each)));
  byId("slow-note").textContent = latest.length === 0
    ? "This node. Nothing was slow and nothing failed since its start."
    : "This node. Choose one to see where its time went.";
}
