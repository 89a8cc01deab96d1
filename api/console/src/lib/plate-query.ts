/** What somebody who looks for a vehicle fills in, what is wrong with it, and the request that it becomes. Pure. */
import { type CaseFile } from "./case-file";
import type { WordKey } from "./i18n";
import { fromField, midnight } from "./local-time";
import type { PlateSearchIn } from "./model";
import type { PlateColour } from "./plate-face";

/** How the text is meant; with `*` or `?` in it, it is a pattern whatever was chosen. */
export const MATCHES = ["exact", "partial", "looks_like"] as const;
export type Match = (typeof MATCHES)[number];

export const RANGES = ["hour", "today", "day", "week", "all", "custom"] as const;
export type Range = (typeof RANGES)[number];
/** Those that carry plates. */
export const VEHICLES = ["car", "motorcycle", "truck", "bus"] as const;
export type Vehicle = (typeof VEHICLES)[number];

export interface PlateForm {
  readonly text: string;
  readonly match: Match;
  readonly range: Range;
  /** Values of `datetime-local` fields, in the site's time; only for the custom range. */
  readonly since: string;
  readonly until: string;
  readonly camera: readonly string[];
  readonly vehicle: readonly Vehicle[];
  readonly colour: readonly PlateColour[];
}

export const EMPTY_FORM: PlateForm = {
  text: "", match: "exact", range: "day", since: "", until: "", camera: [], vehicle: [], colour: [],
};

export type Place = "reason" | "number" | "text" | "since" | "until" | "camera";

export interface Fault {
  readonly place: Place;
  readonly word: WordKey;
}

const HOUR = 3_600_000;
/** Characters: the shortest reason that says something, and what a match needs to be worth its work. */
const SHORTEST_REASON = 3;
const LEAST: Record<Match | "wildcard", number> = { exact: 1, partial: 2, looks_like: 4, wildcard: 2 };
const MOST_STARS = 4;

/** Only what stands on plates, and the wildcards. */
export function bare(text: string): string {
  return asTyped(text.toUpperCase()).replace(/[^0-9A-ZĐ*?]/g, "");
}

/** Combining mark -> the key that makes it with the Telex input method; null: the letter itself, once more. */
const TELEX: Record<string, string | null> = {
  "\u0302": null, "\u0306": "W", "\u031b": "W", "\u0301": "S", "\u0300": "F", "\u0309": "R", "\u0303": "X", "\u0323": "J",
};

/** Plates have no marks: `98-Á` was typed as `98-AS` under an input method that is switched on. Đ is a letter of plates and stays. */
function asTyped(text: string): string {
  let letter = "";
  return [...text.normalize("NFD")].reduce((typed, sign) => {
    if (sign in TELEX) return typed + (TELEX[sign] ?? letter);
    letter = sign;
    return typed + sign;
  }, "");
}

/** Whether an input method has changed what was typed: then the page says how it is understood. */
export function isComposed(text: string): boolean {
  return /\p{M}/u.test(text.normalize("NFD"));
}

export function isPattern(text: string): boolean {
  return /[*?]/.test(text);
}

/** Everything that keeps the search from being sent, in the order of the page. */
export function faults(form: PlateForm, file: CaseFile, zone: string): Fault[] {
  const found: Fault[] = [];
  if (file.reason.trim().length < SHORTEST_REASON) found.push({ place: "reason", word: "case.reason.missing" });
  if (!file.number.trim()) found.push({ place: "number", word: "case.number.missing" });
  const word = textFault(form);
  if (word) found.push({ place: "text", word });
  if (form.range === "custom") found.push(...timeFaults(form, zone));
  return found;
}

function textFault({ text, match, range }: PlateForm): WordKey | null {
  const wanted = bare(text);
  if (!wanted) {
    if (text.trim()) return "search.text.none";
    return range === "all" ? "search.text.needed" : null;
  }
  const pattern = isPattern(wanted);
  const solid = wanted.replace(/[*?]/g, "").length;
  if (pattern && wanted.split("*").length - 1 > MOST_STARS) return "search.text.stars";
  if (solid < LEAST[pattern ? "wildcard" : match]) return `search.text.short.${pattern ? "wildcard" : match}` as WordKey;
  return null;
}

function timeFaults(form: PlateForm, zone: string): Fault[] {
  const [since, until] = [fromField(form.since, zone), fromField(form.until, zone)];
  const found: Fault[] = [];
  if (since === null) found.push({ place: "since", word: "search.time.missing" });
  if (until === null) found.push({ place: "until", word: "search.time.missing" });
  if (since !== null && until !== null && since >= until) found.push({ place: "until", word: "search.time.order" });
  return found;
}

/** First and last moment of the range, ms; null: not bounded. */
export function bounds(form: PlateForm, now: number, zone: string): [number | null, number | null] {
  switch (form.range) {
    case "hour":
      return [now - HOUR, now];
    case "today":
      return [midnight(now, zone), now];
    case "day":
      return [now - 24 * HOUR, now];
    case "week":
      return [now - 7 * 24 * HOUR, now];
    case "all":
      return [null, null];
    case "custom":
      return [fromField(form.since, zone), fromField(form.until, zone)];
  }
}

/** The body of the request; pages of it are told apart by the cursor alone, so its times stay. */
export function searchBody(form: PlateForm, file: CaseFile, now: number, zone: string, limit: number): PlateSearchIn {
  const wanted = bare(form.text);
  const [since, until] = bounds(form, now, zone).map((at) => (at === null ? null : new Date(at).toISOString()));
  return {
    text: wanted || null,
    match: !wanted ? null : isPattern(wanted) ? "wildcard" : form.match,
    since: since ?? null,
    until: until ?? null,
    camera: [...form.camera],
    vehicle: [...form.vehicle],
    colour: [...form.colour],
    limit,
    cursor: null,
    reason: file.reason.trim(),
    case_number: file.number.trim(),
  };
}

/** The field that a problem's path (`body.case_number`) means; null for one that is not on the page. */
export function placeOf(path: string): Place | null {
  const name = path.split(".")[1] ?? "";
  const places: Record<string, Place> = { case_number: "number", match: "text", reason: "reason", text: "text", since: "since", until: "until", camera: "camera" };
  return places[name] ?? null;
}

/** The same list with one value switched. */
export function switched<T>(list: readonly T[], value: T): T[] {
  return list.includes(value) ? list.filter((other) => other !== value) : [...list, value];
}
