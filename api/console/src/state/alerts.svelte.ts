/** The alert list and the alert that is opened. */
import { Announcer, mostUrgentFirst } from "../lib/announcer";
import { AlertBook } from "../lib/book";
import { conditions, fromQuery, NO_FILTERS, query, toggled, type FilterField, type Filters } from "../lib/filters";
import { HttpError, NetworkError } from "../lib/http";
import { isOlder, type Alert, type AlertPage, type AlertWithHistory, type Totals } from "../lib/model";
import { http } from "./session.svelte";
import { ui } from "./ui.svelte";

const PAGE = 50;
/** Longest page the server gives. */
const LONGEST_PAGE = 200;
/** ms for which the list stands still after the operator has moved in it. */
const STILL = 4_000;

export type Load = "idle" | "loading" | "more" | "error";

class Alerts {
  rows = $state.raw<readonly Alert[]>([]);
  held = $state(0);
  total = $state(0);
  hasMore = $state(false);
  load = $state<Load>("loading");
  /** The server's figures over all alerts. */
  totals = $state.raw<Totals | null>(null);
  filters = $state.raw<Filters>(NO_FILTERS);
  /** The opened alert with its history; its row stands in until it has come. */
  detail = $state.raw<AlertWithHistory | null>(null);
  detailFailed = $state(false);
  /** Critical alerts that nobody has acknowledged, whatever the filters say. */
  urgent = $state.raw<readonly Alert[]>([]);
  /** Camera -> the most urgent of its alerts in the list that go on and are not done. */
  readonly worst = $derived.by(() => {
    const found = new Map<string, Alert>();
    for (const row of this.rows) {
      if (!row.active || row.status === "resolved" || row.status === "false_alarm") continue;
      const known = found.get(row.camera);
      if (!known || mostUrgentFirst(row, known) < 0) found.set(row.camera, row);
    }
    return found;
  });
  /** The list is scrolled down. */
  scrolled = $state(false);
  readonly announcer = new Announcer();
  private readonly book = new AlertBook();
  private touched = Number.NEGATIVE_INFINITY;
  private dirty = false;
  private asked = 0;
  /** What comes over the live connection while the list is read: the page that is on its way may be older. */
  private meanwhile: Alert[] | null = null;
  private totalTimer: ReturnType<typeof setTimeout> | undefined;
  private detailTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.book.filters = this.filters = fromQuery(ui.route.query);
    setInterval(() => this.settle(), 1_000);
  }

  /** The alert with that id, as far as the page knows it. */
  find(id: string | null): Alert | null {
    if (id === null) return null;
    if (this.detail?.id === id) return this.detail;
    return this.rows.find((row) => row.id === id) ?? this.book.find(id) ?? null;
  }

  /** Read page one; after an outage as many rows as were shown. */
  async reload(): Promise<void> {
    const turn = ++this.asked;
    this.meanwhile = [];
    if (this.rows.length === 0) this.load = "loading";
    const limit = Math.min(Math.max(PAGE, this.rows.length), LONGEST_PAGE);
    try {
      const [page, urgent] = await Promise.all([
        this.page(limit, []),
        http.json<AlertPage>("/alerts", { query: [["severity", "critical"], ["status", "new"], ["limit", "20"]] }),
      ]);
      if (turn !== this.asked) return;
      this.book.replace(page);
      for (const alert of this.meanwhile ?? []) this.book.put(alert, false);
      this.meanwhile = null;
      this.urgent = urgent.items;
      this.announcer.know([...page.items, ...urgent.items]);
      this.load = "idle";
      this.publish();
    } catch (error) {
      if (turn === this.asked) this.failed(error);
    }
  }

  /** Read the next page. */
  async more(): Promise<void> {
    if (this.load !== "idle" || !this.book.hasMore) return;
    this.load = "more";
    const turn = this.asked;
    try {
      const page = await this.page(PAGE, this.book.nextPage());
      if (turn === this.asked) this.book.append(page);
      this.load = "idle";
      this.publish();
    } catch (error) {
      if (turn === this.asked) this.failed(error);
    }
  }

  /** An alert came over the live connection, or as the answer to an action. True if it is news. */
  take(alert: Alert): boolean {
    const news = this.announcer.add(alert);
    this.meanwhile?.push(alert);
    const result = this.book.put(alert, this.mustHold());
    this.follow(alert);
    if (result === "new" && conditions(this.filters)) this.refreshTotal();
    if (result !== "nothing") this.publishSoon();
    if (this.detail?.id === alert.id && !isOlder(alert, this.detail)) {
      this.detail = { ...alert, history: this.detail.history };
      this.readDetail(alert.id, 150);
    }
    return news;
  }

  setTotals(totals: Totals): void {
    this.totals = totals;
  }

  /** The operator moves in the list: it stands still for a while. */
  touch(): void {
    this.touched = performance.now();
  }

  /** Show what was held back. */
  async showNewest(): Promise<void> {
    this.touched = Number.NEGATIVE_INFINITY;
    this.scrolled = false;
    if (this.book.needsReload) return this.reload();
    this.book.release();
    this.publish();
  }

  toggleFilter(field: FilterField, value: string): void {
    this.setFilters(toggled(this.filters, field, value));
  }

  setFilters(filters: Filters): void {
    this.book.filters = this.filters = filters;
    ui.setQuery(query(filters));
    this.scrolled = false;
    this.book.settle(null);
    this.publish();
    void this.reload();
  }

  /** Open the alert: its row at once, its history as soon as it has come. Fast movement through the list asks once. */
  select(id: string | null): void {
    this.detailFailed = false;
    const row = this.find(id);
    this.detail = row ? { history: [], ...row } : null;
    clearTimeout(this.detailTimer);
    if (id) this.readDetail(id, row ? 120 : 0);
  }

  private readDetail(id: string, wait: number): void {
    clearTimeout(this.detailTimer);
    this.detailTimer = setTimeout(() => void this.fetchDetail(id), wait);
  }

  private async fetchDetail(id: string): Promise<void> {
    try {
      const detail = await http.json<AlertWithHistory>(`/alerts/${encodeURIComponent(id)}`);
      if (ui.route.id !== id) return;
      if (this.detail?.id !== id || !isOlder(detail, this.detail)) this.detail = detail;
      this.detailFailed = false;
    } catch (error) {
      if (!(error instanceof HttpError) && !(error instanceof NetworkError)) throw error;
      if (ui.route.id === id && !this.detail) this.detailFailed = true;
    }
  }

  private page(limit: number, extra: [string, string][]): Promise<AlertPage> {
    return http.json("/alerts", { query: [...query(this.filters), ["limit", String(limit)], ...extra] });
  }

  private failed(error: unknown): void {
    if (!(error instanceof HttpError) && !(error instanceof NetworkError)) throw error;
    this.load = this.rows.length ? "idle" : "error";
  }

  private mustHold(): boolean {
    return this.scrolled || performance.now() - this.touched < STILL;
  }

  private follow(alert: Alert): void {
    const others = this.urgent.filter((other) => other.id !== alert.id);
    const open = alert.severity === "critical" && alert.status === "new";
    if (open || others.length !== this.urgent.length) {
      this.urgent = (open ? [...others, alert] : others).toSorted(mostUrgentFirst);
    }
  }

  /** Once a second: what was held back may show, and rows that no longer pass the filters may go. */
  private settle(): void {
    if (this.mustHold()) return;
    this.book.release();
    this.book.settle(ui.route.id);
    this.book.trim();
    if (this.book.rows !== this.rows || this.held) this.publish();
  }

  private publishSoon(): void {
    if (this.dirty) return;
    this.dirty = true;
    // A hidden page gets no animation frames, but its title still counts.
    if (document.hidden) setTimeout(() => this.publish(), 500);
    else requestAnimationFrame(() => this.publish());
  }

  private publish(): void {
    this.dirty = false;
    this.rows = this.book.rows;
    this.held = this.book.heldCount;
    this.total = this.book.total;
    this.hasMore = this.book.hasMore;
  }

  private refreshTotal(): void {
    this.totalTimer ??= setTimeout(() => {
      this.totalTimer = undefined;
      void this.page(1, []).then(
        (page) => (this.total = this.book.total = page.total),
        (error: unknown) => {
          if (!(error instanceof HttpError) && !(error instanceof NetworkError)) throw error;
        },
      );
    }, 3_000);
  }
}

export const alerts = new Alerts();
