// The tables below the panels, and the alerts.

import { element } from "./chart.ts";
import type { Alert, AlertState, Node, Slowest } from "./shop.ts";
import { clockOf, shown, timeOf } from "./units.ts";

interface Column<T> { title: string; className?: string; cell: (row: T) => string; state?: (row: T) => string }

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

function fill<T>(id: string, columns: Column<T>[], rows: T[], none: string): void {
  const head = element("thead");
  const titles = element("tr");
  for (const column of columns) {
    const title = element("th", column.className === "number" ? "number" : "", column.title);
    title.scope = "col";
    titles.append(title);
  }
  head.append(titles);
  const body = element("tbody");
  for (const row of rows) {
    const line = element("tr");
    for (const column of columns) {
      line.append(element("td", `${column.className ?? ""} ${column.state?.(row) ?? ""}`.trim(), column.cell(row)));
    }
    body.append(line);
  }
  if (rows.length === 0) {
    const cell = element("td", "note", none);
    cell.colSpan = columns.length;
    const line = element("tr");
    line.append(cell);
    body.append(line);
  }
  byId(id).replaceChildren(head, body);
}

const stateNames: Record<AlertState, string> = {
  noData: "no data", quiet: "quiet", pending: "pending", firing: "firing",
};

const nameOf = (alert: Alert): string => alert.name.replaceAll("_", " ") + (alert.over ? ` (${alert.over})` : "");

export function showAlerts(alerts: Alert[]): void {
  const of = (state: AlertState): Alert[] => alerts.filter(alert => alert.state === state);
  const worst: AlertState = of("firing").length > 0 ? "firing" : of("pending").length > 0 ? "pending" : "quiet";
  byId("alerts").dataset.state = worst;
  const line = (alert: Alert): HTMLElement => element("span", alert.state,
    `${stateNames[alert.state]}: ${alert.summary} (${shown(alert.value, alert.unit)}, ` +
    `${alert.atMost ? "at most" : "at least"} ${shown(alert.limit, alert.unit)}, since ${clockOf(alert.since)}). `);
  const noisy = [...of("firing"), ...of("pending")];
  const summary = byId("alerts-summary");
  const text = noisy.length === 0 ? `None of ${alerts.length} would fire now.` : "";
  if (text && summary.textContent !== text) summary.replaceChildren(element("span", "quiet", text));
  if (!text) summary.replaceChildren(...noisy.map(line));
  const rank: AlertState[] = ["firing", "pending", "quiet", "noData"];
  fill<Alert>("alerts-table", [
    { title: "Alert", cell: nameOf },
    { title: "State", cell: alert => stateNames[alert.state], state: alert => alert.state },
    { title: "Value", className: "number", cell: alert => shown(alert.value, alert.unit) },
    { title: "Limit", className: "number",
      cell: alert => `${alert.atMost ? "≤" : "≥"} ${shown(alert.limit, alert.unit)}` },
    { title: "Severity", cell: alert => alert.critical ? "critical" : "warning" },
    { title: "What it means for customers", className: "wide", cell: alert => alert.customers },
  ], [...alerts].sort((a, b) => rank.indexOf(a.state) - rank.indexOf(b.state)), "There are no alerts.");
}

export function showNodes(nodes: Node[]): void {
  fill<Node>("list-nodes", [
    { title: "Node", className: "name", cell: node => node.name },
    { title: "State", cell: node => node.gone ? `gone, last heard ${timeOf(node.heard)}` : "up",
      state: node => node.gone ? "firing" : "quiet" },
    { title: "Version", cell: node => node.version },
    { title: "Since", cell: node => timeOf(Date.parse(node.startedAt) / 1000) },
    { title: "Requests", className: "number", cell: node => node.gone ? "–" : shown(node.requests, "perSecond") },
    { title: "CPU", className: "number", cell: node => node.gone ? "–" : shown(node.cpu, "share") },
    { title: "Memory", className: "number", cell: node => node.gone ? "–" : shown(node.memory, "share") },
  ], nodes, "No node has reported.");
}

// Satisfaction is a matter of what clients wait for, not of single statements.
export function showSlowest(id: "endpoints" | "statements", title: string, rows: Slowest[]): void {
  fill<Slowest>(`list-${id}`, [
    { title, className: "name", cell: row => row.name },
    { title: "Count", className: "number", cell: row => row.count.toLocaleString("en") },
    { title: "p50", className: "number", cell: row => shown(row.p50, "seconds") },
    { title: "p95", className: "number", cell: row => shown(row.p95, "seconds") },
    ...id === "endpoints" ? [{ title: "Apdex", className: "number", cell: (row: Slowest) => row.apdex.toFixed(2) }] : [],
  ], rows, "Nothing in the last minutes.");
}
