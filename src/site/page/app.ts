// The dashboard: signs in, draws the chosen range, and follows the live updates.

import { Chart, element, Painter } from "./chart.ts";
import type { Definition, Point, Points, State } from "./shop.ts";
import { definition, points, signIn, signOut, SignedOut } from "./shop.ts";
import { byId, showAlerts, showNodes, showSlowest } from "./tables.ts";
import { showTraces } from "./traces.ts";
import { shown, useCurrency } from "./units.ts";

const kStaleAfter = 6_000; // ms without an update
const kTracesEvery = 10_000; // ms
const kThemes = ["system", "light", "dark"] as const;

// The numbers at the top: a curve of a panel, and whether it is beyond the panel's first limit.
const kNow = [
  ["Requests", "throughput", 0], ["p95", "latency", 2], ["Failed", "errors", 0], ["Orders", "orders", 0],
  ["Statement p95", "database", 1], ["Cache hits", "cache_ratio", 0], ["CPU", "resources", 0],
  ["Memory", "resources", 1],
] as const;

class Dashboard {
  private readonly charts: Chart[];
  private readonly painter: Painter;
  private readonly now = new Map<string, HTMLElement>();
  private shownPoints: Points | null = null;
  private wanted: string;
  private stream: EventSource | null = null;
  private heard = Date.now();
  private readonly watch: number;
  private readonly lists: number;

  constructor(private readonly shop: Definition, first: Points) {
    this.wanted = first.range;
    const announce = (text: string): void => { byId("spoken").textContent = text; };
    this.charts = shop.panels.map(panel => new Chart(panel, announce));
    const spoken = element("p", "unseen");
    spoken.id = "spoken";
    spoken.setAttribute("aria-live", "polite");
    byId("panels").replaceChildren(...this.charts.map(chart => chart.figure), spoken);
    byId("shop").textContent = `${shop.version} at ${shop.node}`;
    this.painter = new Painter(this.charts);
    this.addNow();
    this.addRanges();
    this.shownPoints = first;
    this.draw();
    this.watch = window.setInterval(() => this.checkStale(), 1_000);
    this.lists = window.setInterval(() => this.listTraces(), kTracesEvery);
  }

  start(): void {
    this.listTraces();
    const stream = new EventSource("/dashboard/live");
    this.stream = stream;
    const on = <T>(name: string, take: (value: T) => void): void =>
      stream.addEventListener(name, event => {
        this.heard = Date.now();
        this.checkStale();
        take(JSON.parse((event as MessageEvent<string>).data) as T);
      });
    on<Point[]>("points", all => all.forEach(point => this.take(point)));
    on<State>("state", state => {
      showAlerts(state.alerts);
      showNodes(state.nodes);
      showSlowest("endpoints", "Endpoint", state.endpoints);
      showSlowest("statements", "Statement", state.statements);
      if (this.shownPoints) this.shownPoints.marks = state.marks;
    });
    // An answer other than 200 ends it: signed out, or too many dashboards.
    stream.onerror = () => {
      if (stream.readyState === EventSource.CLOSED) window.setTimeout(restart, 2_000);
    };
  }

  stop(): void {
    this.stream?.close();
    window.clearInterval(this.watch);
    window.clearInterval(this.lists);
    this.painter.stop();
  }

  redraw(): void { this.draw(true); }

  private async load(): Promise<void> {
    const range = this.wanted;
    const loaded = await points(range);
    if (range !== this.wanted) return; // another was chosen meanwhile
    this.shownPoints = loaded;
    this.draw();
  }

  private listTraces(): void {
    if (!document.hidden) showTraces().catch(failed);
  }

  private reload(): void { this.load().catch(failed); }

  private take(point: Point): void {
    const kept = this.shownPoints;
    if (!kept || point.range !== kept.range) return;
    const next = kept.from + kept.step * (kept.values[0]?.length ?? 0);
    if (point.at < next) return;
    if (point.at > next) {
      this.reload(); // some were missed
      return;
    }
    kept.from += kept.step;
    kept.values.forEach((values, i) => {
      values.shift();
      values.push(point.values[i] ?? null);
    });
    this.draw();
  }

  private draw(redraw = false): void {
    const kept = this.shownPoints;
    if (!kept || document.hidden) return;
    const times = (kept.values[0] ?? []).map((_, i) => kept.from + i * kept.step);
    let curve = 0;
    for (const chart of this.charts) {
      const values = kept.values.slice(curve, curve += chart.panel.curves.length);
      chart.show(values, { times, step: kept.step, marks: kept.marks }, redraw);
    }
    this.painter.paint();
    this.writeNow();
  }

  private addNow(): void {
    const list = byId("now");
    list.replaceChildren();
    for (const [title] of kNow) {
      const item = element("div");
      const value = element("dd");
      item.append(element("dt", "", title), value);
      list.append(item);
      this.now.set(title, value);
    }
  }

  private writeNow(): void {
    for (const [title, id, curve] of kNow) {
      const chart = this.charts.find(each => each.panel.id === id);
      const dd = this.now.get(title);
      if (!chart || !dd) continue;
      const { unit, limits, curves } = chart.panel;
      const value = chart.latest(curve);
      const [number = "", ...rest] = shown(value, unit).split(/(?= |\/)/);
      dd.replaceChildren(number, element("small", "", rest.join("")));
      // A limit for each curve, or one for a panel's percentile or rate of the same name.
      const limit = limits.length === curves.length ? limits[curve]
        : limits.find(each => each.name.endsWith(curves[curve] ?? "")) ?? (unit === "share" ? limits[0] : undefined);
      const beyond = value !== null && limit !== undefined && id !== "throughput" &&
        (limit.atMost ? value > limit.value : value < limit.value);
      dd.parentElement!.dataset.beyond = String(beyond);
    }
  }

  private addRanges(): void {
    const group = byId("ranges");
    group.querySelectorAll("label").forEach(label => label.remove());
    for (const { name } of this.shop.ranges) {
      const label = element("label");
      const input = element("input");
      input.type = "radio";
      input.name = "range";
      input.value = name;
      input.checked = name === this.wanted;
      input.addEventListener("change", () => {
        this.wanted = name;
        this.reload();
      });
      label.append(input, element("span", "", name));
      group.append(label);
    }
  }

  private checkStale(): void {
    const stale = Date.now() - this.heard > kStaleAfter;
    document.body.classList.toggle("stale", stale);
    setStatus(stale ? "lost" : "live", stale ? "no updates" : "live");
  }
}

let running: Dashboard | null = null;

function setStatus(state: string, text: string): void {
  const status = byId("status");
  if (status.textContent !== text) status.textContent = text;
  status.dataset.state = state;
}

function failed(error: unknown): void {
  if (error instanceof SignedOut) {
    askToSignIn();
  } else {
    setStatus("lost", error instanceof Error ? error.message : String(error));
  }
}

function showPart(signedIn: boolean): void {
  byId("sign-in").hidden = signedIn;
  byId("content").hidden = !signedIn;
  byId("controls").hidden = !signedIn;
}

function askToSignIn(): void {
  running?.stop();
  running = null;
  showPart(false);
  byId("sign-in").querySelector("input")?.focus();
}

function restart(): void {
  running?.stop();
  running = null;
  Promise.all([definition(), points()]).then(([shop, first]) => {
    if (shop.currency) useCurrency(shop.currency);
    showPart(true);
    running = new Dashboard(shop, first);
    running.start();
  }).catch((error: unknown) => {
    failed(error);
    if (!(error instanceof SignedOut)) window.setTimeout(restart, 5_000);
  });
}

function applyTheme(choice: string): void {
  const dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  byId("theme").textContent = `Theme: ${choice}`;
  running?.redraw();
}

const chosenTheme = (): string => localStorage.getItem("souk-theme") ?? "system";

byId("theme").addEventListener("click", () => {
  const at = kThemes.findIndex(theme => theme === chosenTheme());
  const next = kThemes[(at + 1) % kThemes.length]!;
  localStorage.setItem("souk-theme", next);
  applyTheme(next);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => applyTheme(chosenTheme()));
document.addEventListener("visibilitychange", () => running?.redraw());
byId("sign-out").addEventListener("click", () => { signOut().then(askToSignIn, failed); });
byId("sign-in").addEventListener("submit", event => {
  event.preventDefault();
  const form = new FormData(event.target as HTMLFormElement);
  byId("refusal").textContent = "";
  const value = (name: string): string => String(form.get(name) ?? "").trim();
  const token = value("token");
  signIn(token ? { token } : { email: value("email"), password: String(form.get("password")) }).then(() => {
    (event.target as HTMLFormElement).reset();
    restart();
  }, (error: unknown) => {
    byId("refusal").textContent = error instanceof Error ? error.message : String(error);
  });
});

applyTheme(chosenTheme());
restart();
