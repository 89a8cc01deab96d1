/** What an officer fills in for a plate to watch, what is wrong with it, and the request that it becomes. Pure. */
import type { WordKey } from "./i18n";
import { fromField, toField } from "./local-time";
import type { Severity, WatchEntry, WatchIn } from "./model";
import { bare, isPattern } from "./plate-query";

export const VALID = ["week", "month", "quarter", "forever", "custom"] as const;
export type Valid = (typeof VALID)[number];

export interface WatchForm {
  readonly text: string;
  readonly match: "exact" | "looks_like";
  readonly reason: string;
  readonly number: string;
  readonly severity: Severity;
  readonly note: string;
  readonly valid: Valid;
  /** Value of a `datetime-local` field, for the custom end. */
  readonly until: string;
  readonly cameras: readonly string[];
  /** Percent. */
  readonly confidence: number;
  readonly cooldownMinutes: number;
}

export type WatchPlace = "text" | "reason" | "number" | "until";

export const NEW_WATCH: WatchForm = {
  text: "", match: "exact", reason: "", number: "", severity: "high", note: "", valid: "month", until: "", cameras: [],
  confidence: 80, cooldownMinutes: 5,
};

const DAY = 86_400_000;
const DAYS: Partial<Record<Valid, number>> = { week: 7, month: 30, quarter: 90 };

/** An entry as it is edited. */
export function formOf(entry: WatchEntry, zone: string): WatchForm {
  return {
    text: entry.display, match: entry.match, reason: entry.reason, number: entry.case_number, severity: entry.severity,
    note: entry.note ?? "", valid: entry.valid_until ? "custom" : "forever",
    until: entry.valid_until ? toField(Date.parse(entry.valid_until), zone) : "", cameras: entry.cameras ?? [],
    confidence: Math.round(entry.min_confidence * 100), cooldownMinutes: Math.round(entry.cooldown_s / 60),
  };
}

export function watchFaults(form: WatchForm, now: number, zone: string): { place: WatchPlace; word: WordKey }[] {
  const found: { place: WatchPlace; word: WordKey }[] = [];
  const text = bare(form.text);
  const solid = text.replace(/[*?]/g, "").length;
  if (!text) found.push({ place: "text", word: "search.text.short.exact" });
  else if (isPattern(text) && solid < 2) found.push({ place: "text", word: "search.text.short.wildcard" });
  else if (form.match === "looks_like" && !isPattern(text) && solid < 4) found.push({ place: "text", word: "search.text.short.looks_like" });
  if (form.reason.trim().length < 3) found.push({ place: "reason", word: "watch.reason.missing" });
  if (!form.number.trim()) found.push({ place: "number", word: "case.number.missing" });
  if (form.valid === "custom") {
    const until = fromField(form.until, zone);
    if (until === null) found.push({ place: "until", word: "search.time.missing" });
    else if (until <= now) found.push({ place: "until", word: "watch.past" });
  }
  return found;
}

/** The body of the request; whether it is active is decided elsewhere. */
export function watchBody(form: WatchForm, now: number, zone: string): Omit<WatchIn, "active"> {
  const text = bare(form.text);
  const days = DAYS[form.valid];
  const end = form.valid === "custom" ? fromField(form.until, zone) : days === undefined ? null : now + days * DAY;
  return {
    text,
    match: isPattern(text) ? "exact" : form.match,
    reason: form.reason.trim(),
    case_number: form.number.trim(),
    severity: form.severity,
    note: form.note.trim() || null,
    valid_until: end === null ? null : new Date(end).toISOString(),
    cameras: form.cameras.length ? [...form.cameras] : null,
    min_confidence: form.confidence / 100,
    cooldown_s: form.cooldownMinutes * 60,
  };
}

/** Where an entry stands now. */
export function watchState(entry: Pick<WatchEntry, "active" | "expired" | "valid_until">, now: number): "active" | "inactive" | "expired" {
  if (!entry.active) return "inactive";
  return entry.expired || (entry.valid_until !== null && Date.parse(entry.valid_until) <= now) ? "expired" : "active";
}
