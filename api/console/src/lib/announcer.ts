/** What is said aloud about new alerts: at most one sentence per interval, about the worst of them. Pure. */
import { newestFirst } from "./book";
import { SEVERITIES, type Alert } from "./model";

/** Milliseconds between two announcements; a screen reader must be able to finish its sentence. */
export const INTERVAL = 4_000;
const MOST_SEEN = 5_000;

export interface Announcement {
  readonly count: number;
  readonly worst: Alert;
}

/** Negative if `a` is the more urgent. */
export function mostUrgentFirst(a: Alert, b: Alert): number {
  return SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || newestFirst(a, b);
}

export class Announcer {
  private readonly seen = new Set<string>();
  private pending: Alert[] = [];
  private last = Number.NEGATIVE_INFINITY;

  /** Alerts that were there when the page opened are not news. */
  know(alerts: readonly Alert[]): void {
    alerts.forEach((alert) => this.remember(alert.id));
  }

  /** True if the alert is news. */
  add(alert: Alert): boolean {
    const news = !this.seen.has(alert.id) && alert.status === "new";
    this.remember(alert.id);
    if (news) this.pending.push(alert);
    return news;
  }

  /** What to say at the time `now` (ms), or null. */
  take(now: number): Announcement | null {
    if (this.pending.length === 0 || now - this.last < INTERVAL) return null;
    const announcement = { count: this.pending.length, worst: this.pending.toSorted(mostUrgentFirst)[0]! };
    this.pending = [];
    this.last = now;
    return announcement;
  }

  private remember(id: string): void {
    this.seen.add(id);
    if (this.seen.size > MOST_SEEN) this.seen.delete(this.seen.values().next().value!);
  }
}
