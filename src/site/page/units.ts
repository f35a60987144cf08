// Values as people read them: three digits and a unit.

import type { Unit, Value } from "./shop.ts";

export const axisNames: Record<Unit, string> = {
  perSecond: "per second", perMinute: "per minute", seconds: "time", share: "%", bytes: "bytes", count: "count",
  money: "money",
};

let money = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

// How money is written from now on. `currency`: three letters, as in ISO 4217.
export function useCurrency(currency: string): void {
  money = new Intl.NumberFormat("en", { style: "currency", currency, maximumSignificantDigits: 3 });
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  const places = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toFixed(places).replace(/\.0+$|(\.\d*?)0+$/, "$1");
}

function scaled(value: number, units: readonly (readonly [number, string])[]): string {
  const size = Math.abs(value);
  const [factor, name] = units.find(([from]) => size >= from) ?? units[units.length - 1]!;
  return `${digits(value / factor)} ${name}`;
}

const times = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"], [1e-3, "ms"], [1e-6, "µs"]] as const;
const sizes = [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"], [1, "B"]] as const;
const counts = [[1e6, "M"], [1e4, "k"]] as const;

export function shown(value: Value | undefined, unit: Unit): string {
  if (value === null || value === undefined) return "–";
  switch (unit) {
    case "seconds": return value === 0 ? "0 ms" : scaled(value, times);
    case "bytes": return scaled(value, sizes);
    case "share": return `${digits(value * 100)} %`;
    case "perSecond": return `${value >= 1e4 ? scaled(value, counts) : digits(value)}/s`;
    case "perMinute": return `${value >= 1e4 ? scaled(value, counts) : digits(value)}/min`;
    case "money": return money.format(value);
    case "count": return value >= 1e6 ? scaled(value, counts) : digits(value);
  }
}

// Without the unit where the axis's name says it.
export function onAxis(value: number, unit: Unit): string {
  if (unit === "perSecond" || unit === "perMinute" || unit === "count") {
    return value >= 1e4 ? scaled(value, counts).replace(" ", "") : digits(value);
  }
  return shown(value, unit);
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minute = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric" });
const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

export const timeOf = (seconds: number): string => full.format(seconds * 1000);
export const clockOf = (seconds: number): string => clock.format(seconds * 1000);
export const tick = (seconds: number, step: number): string =>
  (step >= 1800 ? day : step >= 10 ? minute : clock).format(seconds * 1000);
