// What the shop tells the dashboard: src/observe/history/history_json.cc.

export type Unit = "perSecond" | "perMinute" | "seconds" | "share" | "bytes" | "count" | "money";
export type Value = number | null;

export interface Limit { name: string; value: number; atMost: boolean }
export interface Panel {
  id: string; title: string; meaning: string; unit: Unit; curves: string[]; limits: Limit[];
}
export interface Range { name: string; step: number; length: number }
export interface Definition {
  node: string; version: string; ranges: Range[]; panels: Panel[];
  currency?: string; // of the panels of money
}

export interface Mark { at: number; node: string; version: string; was: string }
export interface Points {
  range: string; step: number; from: number; values: Value[][]; nodes: number[]; marks: Mark[];
}
export interface Point { range: string; at: number; values: Value[]; nodes: number }

export type AlertState = "noData" | "quiet" | "pending" | "firing";
export interface Alert {
  name: string; summary: string; customers: string; critical: boolean; state: AlertState; unit: Unit;
  value: Value; limit: number; atMost: boolean; over: string; since: number;
}
export interface Node {
  name: string; version: string; startedAt: string; heard: number; gone: boolean; requests: Value; cpu: Value;
  memory: Value;
}
export interface Slowest { name: string; count: number; p50: number; p95: number; apdex: number }
export interface State {
  at: number; alerts: Alert[]; nodes: Node[]; endpoints: Slowest[]; statements: Slowest[]; marks: Mark[];
}

// src/observe/traces/trace_json.cc
export interface TraceSpan {
  depth: number; kind: string; name: string; startMicros: number; durationMicros: number; waitedMicros: number;
  rows?: number; failed: boolean;
}
export interface Trace {
  id: string; traceId: string; kind: "request" | "job"; name: string; kept: "slow" | "failed"; status?: number;
  startedAt: string; durationMicros: number;
}
export interface WholeTrace extends Trace { leftOut: number; spans: TraceSpan[] }

export class SignedOut extends Error {}

async function refusal(answer: Response): Promise<string> {
  const problem: unknown = await answer.json().catch(() => null);
  const detail = (problem as { detail?: unknown } | null)?.detail;
  return typeof detail === "string" ? detail : `the shop answered ${answer.status}`;
}

async function get<T>(path: string): Promise<T> {
  const answer = await fetch(`/dashboard/${path}`, { credentials: "same-origin" });
  if (answer.status === 401 || answer.status === 403) throw new SignedOut();
  if (!answer.ok) throw new Error(await refusal(answer));
  return await answer.json() as T;
}

export const definition = (): Promise<Definition> => get("panels");
// Without a range: the shortest.
export const points = (range = ""): Promise<Points> => get(range ? `points?range=${range}` : "points");

export const traces = (): Promise<{ traces: Trace[] }> => get("traces");
export const trace = (id: string): Promise<{ traces: WholeTrace[] }> => get(`traces/${id}`);

export type Proof = { email: string; password: string } | { token: string };

export async function signIn(proof: Proof): Promise<void> {
  const answer = await fetch("/dashboard/session", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(proof),
  });
  if (!answer.ok) throw new Error(await refusal(answer));
}

export async function signOut(): Promise<void> {
  await fetch("/dashboard/session", { method: "DELETE" });
}
