/** An alert about a watched plate: what its detail says, and to whom. Pure. */
import type { Fact } from "./facts";
import { translate, translateCode, type Language, type WordKey } from "./i18n";
import type { Alert } from "./model";

export interface Hit {
  /** Canonical text as it was read. */
  readonly plate: string;
  readonly colour: string | null;
  /** The listed plate or pattern, where it is another text than the one that was read. */
  readonly listed: string | null;
  /** It only looks like what is listed. */
  readonly alike: boolean;
  readonly reason: string;
  readonly number: string;
}

/** Null for another kind of alert, and where this account may not see the content. */
export function hitOf(alert: Pick<Alert, "kind" | "detail">): Hit | null {
  const { detail } = alert;
  if (alert.kind !== "plate" || typeof detail.plate !== "string") return null;
  const pattern = text(detail.pattern);
  return {
    plate: detail.plate,
    colour: text(detail.colour),
    listed: pattern !== null && pattern !== detail.plate ? pattern : null,
    alike: detail.match === "looks_like",
    reason: text(detail.reason) ?? "",
    number: text(detail.case_number) ?? "",
  };
}

/** Whether the alert's content is kept from this account. */
export function isMasked(alert: Pick<Alert, "detail">): boolean {
  return alert.detail.masked === true;
}

/** The plate that an alert names, whatever its kind: canonical text and colour. */
export function plateOf(alert: Pick<Alert, "detail">): { text: string; colour: string | null } | null {
  const plate = text(alert.detail.plate);
  return plate === null ? null : { text: plate, colour: text(alert.detail.colour) };
}

/** The lines of such an alert; why it is watched stands above them. */
export function hitFacts(alert: Pick<Alert, "kind" | "detail">, language: Language): Fact[] {
  const hit = hitOf(alert);
  if (!hit) return [];
  const { detail } = alert;
  const facts: Fact[] = [];
  const add = (label: WordKey, value: string | null, more: Partial<Fact> = {}): void => {
    if (value) facts.push({ label: translate(language, label), value, ...more });
  };
  add("fact.plate", hit.plate, { plate: true });
  add("hit.listed", hit.listed, { code: true });
  add("fact.vehicle", typeof detail.vehicle === "string" ? translateCode(language, "label", detail.vehicle) : null);
  add("fact.colour", hit.colour ? translateCode(language, "plate", hit.colour) : null);
  return facts;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
