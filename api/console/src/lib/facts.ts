/** What an alert says, in words: lines of a definition list. Pure. */
import { count, exactSpan, fullTime, percent, toMillis } from "./format";
import { hitFacts, hitOf, isMasked } from "./hit";
import { knows, translate, translateCode, type Language, type WordKey } from "./i18n";
import type { Alert } from "./model";

export interface Fact {
  label: string;
  value: string;
  /** A text that is read letter by letter: an id. */
  code?: boolean;
  /** The canonical text of a plate, to be drawn as one. */
  plate?: boolean;
}

/** `zone` is the site's time zone. */
type Render = (value: unknown, language: Language, zone: string) => string | null;

const seconds: Render = (value, language) => (typeof value === "number" ? exactSpan(value, language) : null);
const number: Render = (value, language) => (typeof value === "number" ? count(value, language) : null);
const text: Render = (value) => (typeof value === "string" && value ? value : null);
const time: Render = (value, _, zone) => (typeof value === "number" ? fullTime(value * 1000, zone) : null);
const share: Render = (value) => (typeof value === "number" ? percent(value) : null);
const coded =
  (prefix: string): Render =>
  (value, language) =>
    typeof value === "string" && value ? translateCode(language, prefix, value) : null;

/** Key in `detail` -> its label and how its value reads. Keys that are not here are shown as they are. */
const KNOWN: Record<string, [WordKey, Render]> = {
  label: ["fact.label", coded("label")],
  dwell_s: ["fact.dwell", seconds],
  limit_s: ["fact.limit", seconds],
  brought_by: ["fact.brought_by", coded("label")],
  came_at: ["fact.came", time],
  held_s: ["fact.held", seconds],
  still_s: ["fact.still", seconds],
  count: ["fact.count", number],
  threshold: ["fact.threshold", number],
  counted: ["fact.counted", coded("counted")],
  gathered: ["fact.gathered", number],
  fault: ["fact.fault", coded("fault")],
  sharpness: ["fact.sharpness", share],
  reason: ["fact.reason", coded("reason")],
  text: ["fact.text", text],
  plate: ["fact.plate", text],
  list: ["fact.list", text],
  water_share: ["fact.water_share", share],
  level: ["fact.level", coded("flood")],
  depth_cm: ["fact.depth", (value) => (typeof value === "number" ? `${Math.round(value)} cm` : null)],
  trend: ["fact.trend", coded("trend")],
  area: ["fact.area", share],
};
/** Shown elsewhere, or of no use to an operator. */
const HIDDEN = new Set(["suspected", "track", "call"]);

/** The facts of the alert's kind, those known by name first; `zone` is the site's time zone. */
export function detailFacts(alert: Alert, language: Language, zone: string): Fact[] {
  if (alert.kind === "plate") return hitFacts(alert, language);
  const named: Fact[] = [];
  const others: Fact[] = [];
  for (const [key, [label, render]] of Object.entries(KNOWN)) {
    const found = alert.detail[key];
    const told = key === "count" && typeof found === "number";
    const value = told ? peopleOf(alert, found, language) : key in alert.detail ? render(found, language, zone) : null;
    if (value !== null) named.push({ label: translate(language, label), value, plate: key === "plate" });
  }
  for (const [key, value] of Object.entries(alert.detail)) {
    if (key in KNOWN || HIDDEN.has(key) || value === null || value === "") continue;
    others.push({ label: key.replaceAll("_", " "), value: typeof value === "object" ? JSON.stringify(value) : String(value) });
  }
  return [...named, ...others];
}

/** A number of people; "about" where packed people were counted by the density of heads. */
function peopleOf(alert: Alert, people: number, language: Language): string {
  const n = count(people, language);
  return alert.detail.counted === "density" ? translate(language, "count.about", { n }) : n;
}

/** Whether the alert tells of a moment, not of something that goes on. */
export function isMoment(alert: Pick<Alert, "kind">): boolean {
  return alert.kind === "plate";
}

/** Where and when, who and how sure. `now` in ms since the epoch. */
export function generalFacts(alert: Alert, language: Language, zone: string, now: number): Fact[] {
  const say = (key: WordKey): string => translate(language, key);
  const began = toMillis(alert.started_at);
  const end = alert.closed_at ? toMillis(alert.closed_at) : now;
  const facts: Fact[] = [{ label: say("fact.camera"), value: alert.camera_name }];
  if (alert.zone) facts.push({ label: say("fact.zone"), value: alert.zone_name ?? translateCode(language, "zone", alert.zone) });
  facts.push({ label: say("fact.opened"), value: fullTime(toMillis(alert.opened_at), zone) });
  if (!isMoment(alert)) {
    facts.push({ label: say("fact.started"), value: fullTime(began, zone) });
    if (alert.closed_at) facts.push({ label: say("fact.closed"), value: fullTime(end, zone) });
    facts.push({ label: say("fact.duration"), value: exactSpan((end - began) / 1000, language) });
  }
  if (alert.kind !== "camera") facts.push({ label: say("fact.confidence"), value: percent(alert.confidence) });
  facts.push({ label: say("fact.assignee"), value: alert.assignee ?? say("alerts.unassigned") });
  return facts;
}

/** One short line for the list: the fact that an operator asks for first. A plate is drawn beside it. */
export function summary(alert: Alert, language: Language): string {
  const { detail } = alert;
  if (alert.kind === "plate") return isMasked(alert) ? translate(language, "hit.masked.short") : (hitOf(alert)?.reason ?? "");
  const label = typeof detail.label === "string" ? translateCode(language, "label", detail.label) : "";
  const dwell = detail.dwell_s ?? (typeof detail.limit_s === "number" ? detail.held_s : undefined);
  if (typeof dwell === "number") return [label, exactSpan(dwell, language)].filter(Boolean).join(", ");
  if (typeof detail.limit_s === "number") {
    return [label, translate(language, "summary.over", { limit: exactSpan(detail.limit_s, language) })].filter(Boolean).join(", ");
  }
  if (typeof detail.count === "number") {
    const limit = typeof detail.threshold === "number" ? ` / ${detail.threshold}` : "";
    return translate(language, "count.people", { n: `${peopleOf(alert, detail.count, language)}${limit}` });
  }
  if (typeof detail.fault === "string") {
    const fault = translateCode(language, "fault", detail.fault);
    const reason = typeof detail.reason === "string" && knows("reason", detail.reason);
    return reason ? `${fault}: ${translateCode(language, "reason", detail.reason as string)}` : fault;
  }
  if (typeof detail.brought_by === "string") {
    return translate(language, "summary.left_by", { label: translateCode(language, "label", detail.brought_by) });
  }
  const course = typeof detail.trend === "string" && detail.trend !== "steady" ? translateCode(language, "trend", detail.trend) : "";
  if (typeof detail.level === "string") return [translateCode(language, "flood", detail.level), course].filter(Boolean).join(", ");
  if (typeof detail.water_share === "number") {
    const water = translate(language, "summary.water", { share: percent(detail.water_share) });
    return [water, course].filter(Boolean).join(", ");
  }
  return label;
}
