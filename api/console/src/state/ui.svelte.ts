/** What is open on the page: address, dialogs, short messages. */
import { parseRoute, routeHash, type Page, type Route } from "../lib/route";

export type Dialog = "help" | "outbox" | "menu" | null;

class Ui {
  route = $state.raw<Route>(parseRoute(location.hash));
  dialog = $state<Dialog>(null);
  filtersOpen = $state(false);
  /** A short message that goes away by itself. */
  toast = $state("");
  /** Read aloud by screen readers. */
  announcement = $state("");
  /** Too narrow for the list and an alert side by side. */
  narrow = $state(false);
  /** Raised by one each time that the list shall go to its top. */
  newest = $state(0);
  /** The opened alert's evidence fills the page. */
  enlarged = $state(false);
  /** Which piece of evidence is shown: steps from the first choice, by the arrow keys. */
  evidenceStep = $state(0);
  /** Raised by one each time that the clip shall play or pause. */
  play = $state(0);
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    addEventListener("hashchange", () => (this.route = parseRoute(location.hash)));
    const media = matchMedia("(max-width: 860px)");
    this.narrow = media.matches;
    media.addEventListener("change", () => (this.narrow = media.matches));
  }

  /** Open a page; `replace` leaves no step for the browser's back button. */
  go(page: Page, id: string | null = null, replace = false): void {
    const query = page === this.route.page ? this.route.query : [];
    const hash = routeHash(page, id, query);
    if (replace) history.replaceState(null, "", hash);
    else history.pushState(null, "", hash);
    this.route = parseRoute(hash);
  }

  /** Put the filters into the address, so that it can be kept and passed on. */
  setQuery(query: readonly (readonly [string, string])[]): void {
    const hash = routeHash(this.route.page, this.route.id, query);
    history.replaceState(null, "", hash);
    this.route = parseRoute(hash);
  }

  say(text: string): void {
    this.toast = text;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.toast = ""), 4_000);
  }
}

export const ui = new Ui();
addEventListener("popstate", () => (ui.route = parseRoute(location.hash)));
