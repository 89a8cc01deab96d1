/** What a read says, in words. Pure. */
import type { Fact } from "./facts";
import { fullTime, percent, toMillis } from "./format";
import { translate, translateCode, type Language } from "./i18n";
import type { PlateRead } from "./model";
import { plateFace } from "./plate-face";

/** Why the read is among the results, where its text itself is not what was looked for; else empty. */
export function matchWords({ match }: Pick<PlateRead, "match">, language: Language): string {
  if (!match) return "";
  const parts: string[] = [];
  if (match.where !== "text") parts.push(translate(language, `match.${match.where}`, { plate: plateFace(match.text).text }));
  if (match.exchanges > 0) parts.push(translate(language, "match.exchanges", { count: match.exchanges }));
  return parts.join(", ");
}

/** The lines beside the large picture; `zone` is the site's time zone. */
export function readFacts(read: PlateRead, language: Language, zone: string): Fact[] {
  const facts: Fact[] = [
    { label: translate(language, "fact.camera"), value: read.camera_name },
    { label: translate(language, "read.at"), value: fullTime(toMillis(read.at), zone) },
    { label: translate(language, "fact.confidence"), value: percent(read.confidence) },
    { label: translate(language, "read.pattern"), value: translateCode(language, "pattern", read.pattern ?? "none") },
  ];
  const coded = (label: "read.colour" | "read.lines" | "read.vehicle" | "read.direction", prefix: string, code: string | number | null) => {
    if (code !== null) facts.push({ label: translate(language, label), value: translateCode(language, prefix, String(code)) });
  };
  coded("read.colour", "plate", read.colour ?? "unknown");
  coded("read.lines", "lines", read.lines);
  coded("read.vehicle", "label", read.vehicle);
  coded("read.direction", "direction", read.direction);
  if (read.raw !== read.text) facts.push({ label: translate(language, "read.raw"), value: read.raw, code: true });
  return facts;
}
