/** Times, ages and numbers as an operator reads them. Pure; times are milliseconds since the Unix epoch. */
import { translate, type Language } from "./i18n";

/** Milliseconds of an RFC 3339 string, or of a number of seconds; NaN for neither. */
export function toMillis(time: string | number | null | undefined): number {
  if (typeof time === "number") return time * 1000;
  return time ? Date.parse(time) : Number.NaN;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function parts(at: number, zone: string): Record<string, string> {
  let formatter = formatters.get(zone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    formatters.set(zone, formatter);
  }
  return Object.fromEntries(formatter.formatToParts(at).map((part) => [part.type, part.value]));
}

/** `19:47:14` in the site's time zone; with `21/11` before it where that is another day than `now`. */
export function clockTime(at: number, zone: string, now: number): string {
  if (!Number.isFinite(at)) return "–";
  const [time, today] = [parts(at, zone), parts(now, zone)];
  const clock = `${time.hour}:${time.minute}:${time.second}`;
  const sameDay = time.day === today.day && time.month === today.month && time.year === today.year;
  return sameDay ? clock : `${time.day}/${time.month} ${clock}`;
}

/** `21/11/2026 19:47:14` in the site's time zone. */
export function fullTime(at: number, zone: string): string {
  if (!Number.isFinite(at)) return "–";
  const time = parts(at, zone);
  return `${time.day}/${time.month}/${time.year} ${time.hour}:${time.minute}:${time.second}`;
}

/** A span of `seconds` in words: `45 giây`, `12 phút`, `2 giờ 05`, `3 ngày`. Negative spans count as 0. */
export function span(seconds: number, language: Language): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  if (whole < 60) return translate(language, "age.seconds", { n: whole });
  if (whole < 3600) return translate(language, "age.minutes", { n: Math.floor(whole / 60) });
  if (whole < 86400) {
    const minutes = String(Math.floor((whole % 3600) / 60)).padStart(2, "0");
    return translate(language, "age.hours", { h: Math.floor(whole / 3600), m: minutes });
  }
  return translate(language, "age.days", { n: Math.floor(whole / 86400) });
}

/** A span with its seconds, for facts: `2 phút 05 giây`. */
export function exactSpan(seconds: number, language: Language): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60 || whole >= 3600) return span(whole, language);
  const rest = whole % 60 ? ` ${translate(language, "age.seconds", { n: whole % 60 })}` : "";
  return span(whole, language) + rest;
}

/** `1.234` in Vietnamese, `1,234` in English. */
export function count(value: number, language: Language): string {
  return new Intl.NumberFormat(language === "vi" ? "vi-VN" : "en-GB").format(value);
}

/** `87 %` of a share 0..1. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
