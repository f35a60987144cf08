// A panel: its chart, its limits as lines, and a legend with the values under the cursor or the last ones.

import uPlot from "uplot";
import type { Mark, Panel, Value } from "./shop.ts";
import { axisNames, clockOf, onAxis, shown, tick } from "./units.ts";

export interface Shown { times: number[]; step: number; marks: Mark[] }

const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K, className = "", text = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

// Percentiles of milliseconds and their limits of hundreds are readable together on a logarithmic axis only.
const isLogarithmic = (panel: Panel): boolean => panel.unit === "seconds" && panel.limits.length > 1;

// Three to six round numbers of bytes.
function ofBytes(min: number, max: number): number[] {
  const step = 2 ** Math.max(Math.floor(Math.log2(Math.max(max - min, 4) / 3)), 0);
  return Array.from({ length: Math.floor((max - min) / step) + 1 }, (_, i) => min + i * step);
}

// Where a value has none beside it, so that no line shows it.
function alone(values: ArrayLike<Value | undefined>): number[] {
  const found: number[] = [];
  for (let i = 0; i < values.length; ++i) {
    if (typeof values[i] === "number" && typeof values[i - 1] !== "number" && typeof values[i + 1] !== "number") found.push(i);
  }
  return found;
}

// Draws charts that have new values, those in view first, each in a task of its own, so that the page answers
// meanwhile. Out of view only what was never drawn is: the rest when it comes into view.
export class Painter {
  private readonly charts = new Map<Element, Chart>();
  private readonly inView = new Set<Chart>();
  private readonly observer = new IntersectionObserver(entries => {
    for (const entry of entries) {
      const chart = this.charts.get(entry.target);
      if (chart) this.inView[entry.isIntersecting ? "add" : "delete"](chart);
    }
    this.paint();
  }, { rootMargin: "200px" });
  private waiting = false;

  constructor(charts: Chart[]) {
    for (const chart of charts) {
      this.charts.set(chart.figure, chart);
      this.observer.observe(chart.figure);
    }
  }

  paint(): void {
    if (this.waiting) return;
    this.waiting = true;
    window.setTimeout(() => {
      this.waiting = false;
      const all = [...this.charts.values()];
      const next = all.find(chart => chart.isStale && this.inView.has(chart)) ?? all.find(chart => chart.isNew);
      if (!next) return;
      next.paint();
      this.paint();
    });
  }

  stop(): void { this.observer.disconnect(); }
}

export class Chart {
  readonly figure = element("figure", "panel");
  private readonly area = element("div", "chart");
  private readonly values: HTMLElement[] = [];
  private plot: uPlot | null = null;
  private data: Value[][] = [];
  private at: Shown = { times: [], step: 1, marks: [] };
  private stale: "" | "values" | "colours" = "";

  constructor(readonly panel: Panel, private readonly announce: (text: string) => void) {
    this.figure.id = `panel-${panel.id}`;
    const caption = element("figcaption");
    const title = element("h3", "", panel.title);
    title.title = panel.meaning;
    caption.append(title, element("span", "unit", axisNames[panel.unit] + (isLogarithmic(panel) ? ", logarithmic" : "")));
    this.area.tabIndex = 0;
    this.area.setAttribute("role", "img");
    this.area.addEventListener("keydown", event => this.onKey(event));
    this.area.addEventListener("blur", () => this.plot?.setCursor({ left: -10, top: -10 }));
    this.figure.append(caption, this.area, this.legend());
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(this.area);
  }

  get isStale(): boolean { return this.stale !== ""; }
  get isNew(): boolean { return this.isStale && this.plot === null; }

  // Writes the values of the curves; paint() draws them, with other colours after a change of theme, too.
  show(data: Value[][], at: Shown, redraw = false): void {
    this.data = data;
    this.at = at;
    if (redraw || this.stale === "") this.stale = redraw ? "colours" : "values";
    this.write(this.plot?.cursor.idx ?? null);
    this.area.setAttribute("aria-label",
      `${this.panel.title}: ${this.text(this.last())}. ${this.panel.meaning} Arrow keys read earlier values.`);
  }

  paint(): void {
    const columns = [this.at.times, ...this.data] as uPlot.AlignedData;
    if (this.stale === "colours") {
      this.plot?.destroy();
      this.plot = null;
    }
    this.stale = "";
    if (this.plot) {
      this.plot.setData(columns);
    } else {
      this.plot = new uPlot(this.options(), columns, this.area);
    }
  }

  latest(curve: number): Value { return this.data[curve]?.at(-1) ?? null; }

  private last(): number { return this.at.times.length - 1; }

  private text(index: number): string {
    return this.panel.curves
      .map((curve, i) => `${curve} ${shown(this.data[i]?.[index], this.panel.unit)}`).join(", ");
  }

  private legend(): HTMLElement {
    const list = element("dl", "legend");
    const add = (name: string, swatch: string, value: string): HTMLElement => {
      const item = element("div");
      const dt = element("dt");
      dt.append(element("i", swatch), name);
      const dd = element("dd", "", value);
      item.append(dt, dd);
      list.append(item);
      return dd;
    };
    this.panel.curves.forEach((curve, i) => this.values.push(add(curve, `c${i + 1}`, "–")));
    for (const limit of this.panel.limits) {
      add(limit.name.replace(/^\S+ /, ""), "limit", `${limit.atMost ? "≤" : "≥"} ${shown(limit.value, this.panel.unit)}`);
    }
    return list;
  }

  private write(index: number | null): void {
    this.values.forEach((dd, i) => {
      const text = shown(this.data[i]?.[index ?? this.last()], this.panel.unit);
      if (dd.textContent !== text) dd.textContent = text;
    });
  }

  private onKey(event: KeyboardEvent): void {
    if (!this.plot) return;
    const now = this.plot.cursor.idx ?? this.last() + 1;
    const to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: this.last() }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const index = Math.min(Math.max(to, 0), this.last());
    const left = this.plot.valToPos(this.at.times[index] ?? 0, "x");
    this.plot.setCursor({ left, top: this.area.clientHeight / 3 });
    this.announce(`${clockOf(this.at.times[index] ?? 0)}: ${this.text(index)}`);
  }

  private size(): { width: number; height: number } {
    return { width: Math.max(this.area.clientWidth, 120), height: this.area.clientHeight };
  }

  // The limits are in view where they are near, and always where the axis is one of shares or logarithmic.
  private range(min: number | null, max: number | null): [number, number] {
    const { unit, limits } = this.panel;
    const high = Math.max(max ?? 0, 0);
    const near = limits.map(limit => limit.value)
      .filter(value => unit === "share" || isLogarithmic(this.panel) || high > value * 0.3);
    if (isLogarithmic(this.panel)) {
      // Not from a power of ten, uPlot finds no marks for the axis.
      const low = Math.min(min && min > 0 ? min : 1e-3, 1e-3);
      return [10 ** Math.floor(Math.log10(low)), Math.max(high, ...near) * 1.6];
    }
    if (unit === "share" && limits.some(limit => !limit.atMost)) return [0, 1];
    const top = Math.max(high, ...near) * 1.12;
    return [0, top > 0 ? top : 1];
  }

  private options(): uPlot.Options {
    const dim = colour("dim");
    const axis = { stroke: dim, grid: { stroke: colour("grid"), width: 1 }, ticks: { show: false },
      font: "11px system-ui, sans-serif" };
    const { unit } = this.panel;
    return {
      ...this.size(),
      legend: { show: false },
      padding: [8, 16, 0, 0],
      cursor: { sync: { key: "time" }, drag: { x: false, y: false }, y: false, points: { size: 6 } },
      scales: {
        x: { time: true },
        y: {
          distr: isLogarithmic(this.panel) ? 3 : 1,
          range: (_, min, max) => this.range(min, max),
        },
      },
      axes: [
        { ...axis, space: 56, size: 24, values: (_, splits) => splits.map(at => tick(at, this.at.step)) },
        { ...axis, space: 30, size: 58, ...(unit === "bytes" ? { splits: (_: uPlot, __: number, min: number, max: number) => ofBytes(min, max) } : {}),
          values: (_, splits) => splits.map(value => value === null ? "" : onAxis(value, unit)) },
      ],
      series: [{}, ...this.panel.curves.map((label, i) => ({
        label, stroke: colour(`c${i + 1}`), width: 1.5, spanGaps: false,
        points: { show: true, size: 4, filter: (plot: uPlot) => alone(plot.data[i + 1] ?? []) },
        ...(this.panel.curves.length === 1 ? { fill: `${colour("c1")}22` } : {}),
      }))],
      hooks: {
        draw: [plot => this.drawLines(plot)],
        setCursor: [plot => this.write(plot.cursor.idx ?? null)],
      },
    };
  }

  private drawLines(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const line = (style: string, dash: number[], x0: number, y0: number, x1: number, y1: number): void => {
      ctx.strokeStyle = style;
      ctx.setLineDash(dash.map(length => length * devicePixelRatio));
      ctx.beginPath();
      ctx.moveTo(x0, y0);
      ctx.lineTo(x1, y1);
      ctx.stroke();
    };
    ctx.save();
    ctx.lineWidth = devicePixelRatio;
    for (const { at, was, version } of this.at.marks) {
      const x = plot.valToPos(at, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      const deployed = was !== "" && was !== version;
      line(colour(deployed ? "accent" : "dim"), deployed ? [] : [2, 3], x, bbox.top, x, bbox.top + bbox.height);
    }
    for (const limit of this.panel.limits) {
      const y = plot.valToPos(limit.value, "y", true);
      if (y < bbox.top || y > bbox.top + bbox.height) continue;
      line(colour("bad"), [5, 4], bbox.left, y, bbox.left + bbox.width, y);
    }
    ctx.restore();
  }
}
