/** The plate search: the case it serves, its conditions, what was found, and what is looked at. */
import { flushSync } from "svelte";
import { missing, NO_CASE, restoreCase, storeCase, type CaseFile } from "../lib/case-file";
import { gridStep } from "../lib/grid";
import { half } from "../lib/i18n";
import { maySearch, type PlatePage, type PlateRead, type PlateSearchIn } from "../lib/model";
import { EMPTY_FORM, faults, placeOf, searchBody, type Fault, type Place, type PlateForm } from "../lib/plate-query";
import { Search, type Failure, type SearchState } from "../lib/plate-search";
import { clock } from "./clock.svelte";
import { desk } from "./console.svelte";
import { prefs, t } from "./prefs.svelte";
import { http, session } from "./session.svelte";
import { ui } from "./ui.svelte";

const PAGE = 48;
const KEY = "ioc.case";

class Plates {
  /** The case; kept in this tab for its user until it is closed. Nothing of a search ever stands in the address. */
  file = $state.raw<CaseFile>(NO_CASE);
  form = $state.raw<PlateForm>(EMPTY_FORM);
  rows = $state.raw<readonly PlateRead[]>([]);
  state = $state<SearchState>("idle");
  failure = $state.raw<Failure | null>(null);
  asked = $state.raw<PlateSearchIn | null>(null);
  total = $state(0);
  capped = $state(false);
  hasMore = $state(false);
  /** Index of the result that the keys stand on; -1: none yet. */
  chosen = $state(-1);
  /** The chosen result fills the page. */
  opened = $state(false);
  /** Raised by one each time that the chosen result shall get the focus. */
  moves = $state(0);
  /** Columns of the grid, as it is laid out now. */
  columns = $state(1);
  /** On a phone: the conditions are shown although there are results. */
  editing = $state(true);
  private tried = $state(false);
  private readonly search = new Search<PlateSearchIn, PlateRead, PlatePage>(
    (ask, cursor, signal) => http.json("/plates/search", { method: "POST", body: { ...ask, cursor }, signal }),
    () => this.publish(),
  );

  /** What keeps the search from being sent; told once it has been tried. Then it follows what is typed. */
  readonly faults = $derived.by((): readonly Fault[] => (this.tried ? faults(this.form, this.file, desk.zone) : []));
  /** The server's own complaints, by field. */
  readonly complaints = $derived.by(() => {
    const found = new Map<Place, string>();
    for (const { path, message } of this.failure?.fields ?? []) {
      const place = placeOf(path);
      if (place) found.set(place, half(message, prefs.language));
    }
    return found;
  });
  readonly read = $derived(this.rows[this.chosen] ?? null);

  get allowed(): boolean {
    return maySearch(session.user?.role);
  }

  get ready(): boolean {
    return missing(this.file).length === 0;
  }

  /** Somebody has signed in or out: nobody sees what another has found. */
  enter(username: string | null): void {
    this.search.clear();
    [this.form, this.tried, this.editing] = [EMPTY_FORM, false, true];
    // A session that ran out keeps its case for the same user; who signs out leaves nothing behind.
    if (username === null && !session.expired) sessionStorage.removeItem(KEY);
    this.file = username === null ? NO_CASE : restoreCase(sessionStorage.getItem(KEY), username);
  }

  setCase(change: Partial<CaseFile>): void {
    this.file = { ...this.file, ...change };
    const { user } = session;
    if (user) sessionStorage.setItem(KEY, storeCase(this.file, user.username));
  }

  /** Another case: what was found for the one before goes too. */
  newCase(): void {
    this.search.clear();
    [this.file, this.form, this.tried, this.editing] = [NO_CASE, EMPTY_FORM, false, true];
    sessionStorage.removeItem(KEY);
    focusOn("reason");
  }

  set(change: Partial<PlateForm>): void {
    this.form = { ...this.form, ...change };
  }

  clearForm(): void {
    [this.form, this.tried] = [EMPTY_FORM, false];
    this.focusText();
  }

  /** Send the search, or go to the first field that keeps it from being sent. */
  submit(): void {
    this.tried = true;
    const [first] = faults(this.form, this.file, desk.zone);
    if (first) {
      this.editing = true;
      focusOn(first.place);
      return;
    }
    [this.chosen, this.editing] = [-1, false];
    if (ui.narrow) setTimeout(() => document.getElementById("found")?.focus());
    void this.search.begin(searchBody(this.form, this.file, clock.read(), desk.zone, PAGE)).then(() => this.answered());
  }

  more(): void {
    void this.search.more();
  }

  /** Fill in a plate from elsewhere; the search itself stays a deliberate act under a case. */
  prefill(text: string, file: Partial<CaseFile> = {}): void {
    this.search.clear();
    [this.form, this.tried, this.editing] = [{ ...EMPTY_FORM, text, range: "week" }, false, true];
    if (!this.ready && file.reason && file.number) this.setCase(file);
    ui.go("plates");
    setTimeout(() => (this.ready ? document.getElementById("search-submit") : document.getElementById("case-reason"))?.focus());
  }

  /** Go on from a result: the same case, another plate. */
  follow(text: string): void {
    this.opened = false;
    this.set({ text, match: "exact", range: this.form.range === "hour" ? "day" : this.form.range });
    this.submit();
  }

  focusText(): void {
    this.editing = true;
    focusOn("text");
  }

  /** What a key means among the results. False if nothing. */
  key(name: string): boolean {
    if (name === "/") this.focusText();
    else if (name === "n") this.more();
    else if (name === "Enter" && this.read) this.opened = true;
    else return this.step(name);
    return true;
  }

  /** Move through the results; near the end the next page is read. */
  step(name: string): boolean {
    const to = gridStep(name, this.chosen, this.columns, this.rows.length);
    if (to === null) return false;
    this.choose(to);
    this.moves += 1;
    return true;
  }

  choose(index: number): void {
    this.chosen = index;
    if (index >= this.rows.length - 2 * this.columns) this.more();
  }

  private answered(): void {
    if (this.state !== "ready") return;
    ui.announcement = this.rows.length ? t("found.announce", { total: this.total }) : t("found.none");
  }

  private publish(): void {
    const { state, rows, failure, asked, answer, hasMore } = this.search;
    [this.state, this.rows, this.failure, this.asked, this.hasMore] = [state, rows, failure, asked, hasMore];
    this.total = answer?.total ?? 0;
    this.capped = answer?.total_capped ?? false;
    if (rows.length === 0) [this.chosen, this.opened] = [-1, false];
  }
}

/** Go to a field at once, as soon as it is drawn: a moment later the first key of a quick typist would be lost. */
function focusOn(place: Place): void {
  flushSync();
  const ids: Record<Place, string> = {
    reason: "case-reason", number: "case-number", text: "search-text", since: "search-since", until: "search-until", camera: "search-camera",
  };
  const field = document.getElementById(ids[place]);
  field?.focus();
  if (place === "text" && field instanceof HTMLInputElement) field.select();
}

export const plates = new Plates();
