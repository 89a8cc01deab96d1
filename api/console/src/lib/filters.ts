/** What the operator wants to see in the list. Pure. */
import type { Alert } from "./model";

export interface Filters {
  readonly status: readonly string[];
  readonly kind: readonly string[];
  readonly severity: readonly string[];
  readonly camera: readonly string[];
  /** Only alerts that are still going on. */
  readonly active: boolean;
}

export type FilterField = "status" | "kind" | "severity" | "camera";
const FIELDS: readonly FilterField[] = ["status", "kind", "severity", "camera"];

export const NO_FILTERS: Filters = { status: [], kind: [], severity: [], camera: [], active: false };

/** Whether the alert passes. An empty list of a field lets everything through. */
export function matches(filters: Filters, alert: Alert): boolean {
  if (filters.active && !alert.active) return false;
  return FIELDS.every((field) => filters[field].length === 0 || filters[field].includes(alert[field]));
}

/** Number of conditions set. */
export function conditions(filters: Filters): number {
  return FIELDS.reduce((sum, field) => sum + filters[field].length, filters.active ? 1 : 0);
}

/** The same filters with one value switched. */
export function toggled(filters: Filters, field: FilterField, value: string): Filters {
  const had = filters[field].includes(value);
  return { ...filters, [field]: had ? filters[field].filter((other) => other !== value) : [...filters[field], value] };
}

/** Query parameters of `GET /alerts`. */
export function query(filters: Filters): [string, string][] {
  const pairs = FIELDS.flatMap((field) => filters[field].map((value): [string, string] => [field, value]));
  return filters.active ? [...pairs, ["active", "true"]] : pairs;
}

/** Filters of query parameters; what is unknown is left out. */
export function fromQuery(pairs: Iterable<[string, string]>): Filters {
  const found: Record<FilterField, string[]> = { status: [], kind: [], severity: [], camera: [] };
  let active = false;
  for (const [name, value] of pairs) {
    if (name === "active") active = value === "true";
    else if (FIELDS.includes(name as FilterField)) found[name as FilterField].push(value);
  }
  return { ...found, active };
}
