/**
 * The alerts that the page knows, newest first. Pure: no timer, no network, no DOM.
 *
 * New alerts may be held back while the operator works in the list, so that no row moves under the cursor; changes of
 * alerts that are shown take effect at once, because they move nothing.
 */
import { matches, NO_FILTERS, type Filters } from "./filters";
import { isOlder, type Alert, type AlertPage } from "./model";

/** More rows than this are dropped from the end; scrolling down reads them again. */
export const MOST_ROWS = 2000;
/** More held alerts than this are not kept: showing them reads the list again. */
export const MOST_HELD = 500;

/** Negative if `a` stands above `b`. */
export function newestFirst(a: Alert, b: Alert): number {
  if (a.opened_at !== b.opened_at) return a.opened_at > b.opened_at ? -1 : 1;
  return a.id > b.id ? -1 : a.id < b.id ? 1 : 0;
}

export class AlertBook {
  filters: Filters = NO_FILTERS;
  /** Where the next page begins; null at the end of the list. */
  cursor: string | null = null;
  /** Number of alerts that match the filters, as the server said with the last page. */
  total = 0;
  private list: Alert[] = [];
  private held = new Map<string, Alert>();
  private overflow = false;
  private trimmed = false;

  /** The rows, newest first. The array is replaced when something changes, never written to. */
  get rows(): readonly Alert[] {
    return this.list;
  }

  /** Number of new alerts that are held back. */
  get heldCount(): number {
    return this.held.size;
  }

  /** Whether more alerts were held back than are kept: page one must be read again to show them. */
  get needsReload(): boolean {
    return this.overflow;
  }

  get hasMore(): boolean {
    return this.cursor !== null || this.trimmed;
  }

  /** Query parameters that name the next page. */
  nextPage(): [string, string][] {
    const last = this.list.at(-1);
    if (this.trimmed && last) return [["until", last.opened_at]];
    return this.cursor === null ? [] : [["cursor", this.cursor]];
  }

  find(id: string): Alert | undefined {
    return this.list.find((alert) => alert.id === id) ?? this.held.get(id);
  }

  /** Begin anew with page one. A row that is known in a newer revision keeps it. */
  replace(page: AlertPage): void {
    const known = new Map([...this.held.values(), ...this.list].map((alert) => [alert.id, alert]));
    this.list = page.items.map((item) => newer(known.get(item.id), item)).toSorted(newestFirst);
    this.held.clear();
    this.overflow = false;
    this.trimmed = false;
    this.cursor = page.next_cursor;
    this.total = page.total;
  }

  /** Add the next page below. */
  append(page: AlertPage): void {
    const known = new Set(this.list.map((alert) => alert.id));
    const fresh = page.items.filter((item) => !known.has(item.id));
    this.trimmed = false;
    this.cursor = page.next_cursor;
    this.total = page.total;
    this.list = [...this.list, ...fresh].toSorted(newestFirst);
  }

  /**
   * Take in what the live connection or an action's answer says about one alert.
   * Returns "new" if it was not known and passes the filters, "changed" if a shown row changed, else "nothing".
   */
  put(alert: Alert, hold: boolean): "new" | "changed" | "nothing" {
    const index = this.list.findIndex((row) => row.id === alert.id);
    const row = this.list[index];
    if (row) {
      if (isOlder(alert, row)) return "nothing";
      this.list = this.list.with(index, alert);
      return "changed";
    }
    const waiting = this.held.get(alert.id);
    if (waiting && isOlder(alert, waiting)) return "nothing";
    if (!matches(this.filters, alert)) {
      this.held.delete(alert.id);
      return "nothing";
    }
    if (this.isBeyondTheEnd(alert)) return "nothing";
    if (hold) {
      if (this.held.size >= MOST_HELD && !waiting) this.overflow = true;
      else this.held.set(alert.id, alert);
    } else {
      this.held.delete(alert.id);
      this.insert([alert]);
    }
    return waiting ? "changed" : "new";
  }

  /** Show what was held back. */
  release(): void {
    if (this.held.size === 0) return;
    const fresh = [...this.held.values()];
    this.held.clear();
    this.insert(fresh);
  }

  /** Drop the rows that no longer pass the filters, except `keep` (the one that the operator looks at). */
  settle(keep: string | null): void {
    const rows = this.list.filter((alert) => alert.id === keep || matches(this.filters, alert));
    if (rows.length !== this.list.length) this.list = rows;
  }

  /** Drop rows from the end beyond `most`. */
  trim(most: number = MOST_ROWS): void {
    if (this.list.length <= most) return;
    this.list = this.list.slice(0, most);
    this.trimmed = true;
  }

  private insert(fresh: Alert[]): void {
    const sorted = fresh.toSorted(newestFirst);
    const first = this.list[0];
    const last = sorted.at(-1);
    const above = !first || !last || newestFirst(last, first) < 0;
    this.list = above ? [...sorted, ...this.list] : [...sorted, ...this.list].toSorted(newestFirst);
  }

  /** An old alert below the last row that is loaded belongs to a page that has not been read yet. */
  private isBeyondTheEnd(alert: Alert): boolean {
    const last = this.list.at(-1);
    return this.hasMore && last !== undefined && newestFirst(alert, last) > 0;
  }
}

function newer(known: Alert | undefined, item: Alert): Alert {
  return known && isOlder(item, known) ? known : item;
}
