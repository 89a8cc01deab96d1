/** The plates to watch: the list, the entry that is being written, and where each was met. */
import { HttpError } from "../lib/http";
import { half } from "../lib/i18n";
import type { Alert, AlertPage, WatchEntry, WatchPage } from "../lib/model";
import { failureOf, Search, type Failure, type SearchState } from "../lib/plate-search";
import { formOf, NEW_WATCH, watchBody, watchFaults, type WatchForm } from "../lib/watch-form";
import { clock } from "./clock.svelte";
import { desk } from "./console.svelte";
import { plates } from "./plates.svelte";
import { prefs, t } from "./prefs.svelte";
import { http } from "./session.svelte";
import { ui } from "./ui.svelte";

/** Which entries are listed: all, the active ones or the others. */
export type Which = "all" | "true" | "false";
const PAGE = 100;
/** Alerts that are looked through for an entry's hits. */
const HITS = 200;

class Watchlist {
  rows = $state.raw<readonly WatchEntry[]>([]);
  state = $state<SearchState>("idle");
  failure = $state.raw<Failure | null>(null);
  total = $state(0);
  hasMore = $state(false);
  which = $state<Which>("all");
  /** The entry whose form is open; null with {@link form}: a new one. */
  edited = $state.raw<WatchEntry | null>(null);
  form = $state.raw<WatchForm | null>(null);
  saving = $state(false);
  /** Why the last save did not work, in words. */
  refusal = $state("");
  /** The alerts that watched plates raised, newest first; null while they are not known. */
  hits = $state.raw<readonly Alert[] | null>(null);
  hitsFailed = $state(false);
  private tried = $state(false);
  private readonly list = new Search<Which, WatchEntry, WatchPage>(
    (which, cursor, signal) => http.json("/watchlist", { query: query(which, cursor), signal }),
    () => this.publish(),
  );

  readonly faults = $derived.by(() => (this.tried && this.form ? watchFaults(this.form, clock.now, desk.zone) : []));

  async reload(): Promise<void> {
    this.hits = null;
    await Promise.all([this.list.begin(this.which), this.readHits()]);
  }

  more(): void {
    void this.list.more();
  }

  show(which: Which): void {
    this.which = which;
    void this.list.begin(which);
  }

  clear(): void {
    this.list.clear();
    [this.form, this.edited, this.hits] = [null, null, null];
  }

  hitsOf(entry: WatchEntry): readonly Alert[] {
    return (this.hits ?? []).filter((alert) => alert.subject === `watch:${entry.id}`);
  }

  /** Open the form for a new entry; the case that is being worked on stands in it already. */
  add(text = ""): void {
    this.open(null, { ...NEW_WATCH, text, reason: plates.file.reason, number: plates.file.number });
  }

  edit(entry: WatchEntry): void {
    this.open(entry, formOf(entry, desk.zone));
  }

  close(): void {
    [this.form, this.edited] = [null, null];
  }

  set(change: Partial<WatchForm>): void {
    if (this.form) this.form = { ...this.form, ...change };
  }

  async save(): Promise<void> {
    const { form, edited } = this;
    if (!form || this.saving) return;
    this.tried = true;
    const [first] = watchFaults(form, clock.read(), desk.zone);
    if (first) {
      document.getElementById(`watch-${first.place}`)?.focus();
      return;
    }
    this.saving = true;
    const body = watchBody(form, clock.read(), desk.zone);
    try {
      const saved = edited ? await this.patch(edited, body) : await this.post(body);
      ui.say(t("watch.saved", { plate: saved.display }));
      this.close();
    } catch (error) {
      await this.refused(error, edited);
    } finally {
      this.saving = false;
    }
  }

  /** Stop watching, or begin again. */
  async switchActive(entry: WatchEntry): Promise<void> {
    try {
      const saved = await this.patch(entry, { active: !entry.active });
      ui.say(t(saved.active ? "watch.resumed" : "watch.stopped", { plate: saved.display }));
    } catch (error) {
      await this.refused(error, entry);
      ui.say(this.refusal);
    }
  }

  private open(entry: WatchEntry | null, form: WatchForm): void {
    [this.edited, this.form, this.tried, this.refusal] = [entry, form, false, ""];
  }

  private async post(body: object): Promise<WatchEntry> {
    const saved = await http.json<WatchEntry>("/watchlist", { method: "POST", body: { ...body, active: true } });
    await this.list.begin(this.which);
    return saved;
  }

  private async patch(entry: WatchEntry, body: object): Promise<WatchEntry> {
    const path = `/watchlist/${encodeURIComponent(entry.id)}`;
    const saved = await http.json<WatchEntry>(path, { method: "PATCH", body, headers: { "If-Match": `"${entry.revision}"` } });
    this.list.replace(saved);
    return saved;
  }

  private async refused(error: unknown, entry: WatchEntry | null): Promise<void> {
    const failure = failureOf(error);
    if (error instanceof HttpError && error.status === 412 && entry) {
      const fresh = await this.one(entry.id);
      if (fresh) {
        this.list.replace(fresh);
        if (this.form && this.edited) this.open(fresh, formOf(fresh, desk.zone));
      }
      this.refusal = t("watch.stale");
      return;
    }
    const text = failure.fields[0]?.message ?? failure.text;
    this.refusal = failure.status === 0 ? t("found.offline") : t("watch.invalid", { reason: half(text, prefs.language) });
  }

  private async one(id: string): Promise<WatchEntry | null> {
    try {
      return await http.json<WatchEntry>(`/watchlist/${encodeURIComponent(id)}`);
    } catch (error) {
      failureOf(error);
      return null;
    }
  }

  private async readHits(): Promise<void> {
    try {
      const page = await http.json<AlertPage>("/alerts", { query: [["kind", "plate"], ["limit", String(HITS)]] });
      [this.hits, this.hitsFailed] = [page.items, false];
    } catch (error) {
      failureOf(error);
      this.hitsFailed = true;
    }
  }

  private publish(): void {
    const { state, rows, failure, answer, hasMore } = this.list;
    [this.state, this.rows, this.failure, this.hasMore, this.total] = [state, rows, failure, hasMore, answer?.total ?? rows.length];
  }
}

function query(which: Which, cursor: string | null): [string, string][] {
  const pairs: [string, string][] = [["limit", String(PAGE)]];
  if (which !== "all") pairs.push(["active", which]);
  if (cursor !== null) pairs.push(["cursor", cursor]);
  return pairs;
}

export const watchlist = new Watchlist();
