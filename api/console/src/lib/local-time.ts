/** The site's wall clock as a `datetime-local` field holds it. Pure; times are milliseconds since the Unix epoch. */

const formatters = new Map<string, Intl.DateTimeFormat>();

/** `2026-11-21T19:47` in the time zone; empty for no time. */
export function toField(at: number | null, zone: string): string {
  return at === null || !Number.isFinite(at) ? "" : wall(at, zone).slice(0, 16);
}

/** The time that a field names; null for an empty or a broken one. */
export function fromField(text: string, zone: string): number | null {
  const bare = Date.parse(`${text}Z`);
  if (!Number.isFinite(bare)) return null;
  // The zone's offset is looked up where the clock shows about that time; once more, lest that crossed a change of it.
  let at = bare;
  for (let pass = 0; pass < 2; pass += 1) at = bare - (Date.parse(`${wall(at, zone)}Z`) - Math.floor(at / 1000) * 1000);
  return at;
}

/** The begin of the day that holds `at`. */
export function midnight(at: number, zone: string): number {
  return fromField(`${wall(at, zone).slice(0, 10)}T00:00`, zone) ?? at;
}

function wall(at: number, zone: string): string {
  let formatter = formatters.get(zone);
  if (!formatter) {
    const two = "2-digit";
    formatter = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: two, day: two, hour: two, minute: two, second: two,
    });
    formatters.set(zone, formatter);
  }
  const part = Object.fromEntries(formatter.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}`;
}
