/** Carries out what a key means on the page that is open. */
import { NO_FILTERS } from "../lib/filters";
import { keyName, POLICE_COMMANDS, press, type Command } from "../lib/keys";
import { actions } from "./actions.svelte";
import { alerts } from "./alerts.svelte";
import { plates } from "./plates.svelte";
import { prefs } from "./prefs.svelte";
import { session } from "./session.svelte";
import { ui } from "./ui.svelte";
import { watchlist } from "./watchlist.svelte";

/** ms within which the second key of a sequence must follow. */
const PATIENCE = 1_500;
/** Keys that keep their meaning while the evidence fills the page. */
const WHILE_ENLARGED = new Set(["ArrowLeft", "ArrowRight", "b", "e"]);
let prefix = "";
let since = 0;

/** Handler of the window's `keydown`. */
export function onKey(event: KeyboardEvent): void {
  if (session.state !== "in" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const name = keyName(event);
  if (isTyping(event.target) || (document.querySelector("dialog[open]") && !(ui.enlarged && WHILE_ENLARGED.has(name)))) return;
  // Enter and Escape on a focused button or list belong to it.
  if (name === "Enter" && event.target instanceof HTMLElement && event.target.closest("a, button, summary, select, video")) return;
  if (event.target instanceof HTMLVideoElement && name.startsWith("Arrow")) return;
  if (performance.now() - since > PATIENCE) prefix = "";
  if (prefix === "" && onPage(name)) {
    event.preventDefault();
    return;
  }
  const next = press(name, prefix);
  prefix = next.prefix;
  since = performance.now();
  if (next.command && (carryOut(next.command) || prefix)) event.preventDefault();
}

/** Keys that the police's pages have for themselves. */
function onPage(name: string): boolean {
  if (!plates.allowed) return false;
  if (ui.route.page === "plates") return plates.key(name);
  if (ui.route.page === "watchlist" && name === "+") return does(() => watchlist.add());
  return false;
}

function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** False if the command means nothing here. */
function carryOut(command: Command): boolean {
  if (POLICE_COMMANDS.has(command) && !plates.allowed) return false;
  switch (command) {
    case "go_alerts":
      return does(() => ui.go("alerts"));
    case "go_wall":
      return does(() => ui.go("wall"));
    case "go_cameras":
      return does(() => ui.go("cameras"));
    case "go_counts":
      return does(() => ui.go("counts"));
    case "go_plates":
      return does(() => ui.go("plates"));
    case "go_watchlist":
      return does(() => ui.go("watchlist"));
    case "outbox":
    case "help":
      return does(() => (ui.dialog = command));
    case "sound":
      return does(() => prefs.switchSound());
    case "theme":
      return does(() => prefs.switchTheme());
    case "language":
      return does(() => prefs.switchLanguage());
    case "boxes":
      return does(() => prefs.switchOverlay());
    case "back":
      return does(back);
    default:
      return ui.route.page === "alerts" && inList(command);
  }
}

function inList(command: Command): boolean {
  switch (command) {
    case "next":
      return does(() => move(1));
    case "previous":
      return does(() => move(-1));
    case "newest":
      return does(() => (ui.newest += 1));
    case "filter":
      ui.filtersOpen = true;
      return does(() => setTimeout(() => document.getElementById("filter-kind")?.focus()));
    case "clear":
      return does(() => alerts.setFilters(NO_FILTERS));
    case "only_new":
      return does(() => alerts.toggleFilter("status", "new"));
    case "open":
      return does(() => (ui.route.id ? document.querySelector<HTMLElement>("[data-detail] [data-action]:enabled")?.focus() : move(1)));
    case "evidence":
      return does(() => (ui.enlarged = !ui.enlarged));
    case "evidence_next":
      return does(() => (ui.evidenceStep += 1));
    case "evidence_previous":
      return does(() => (ui.evidenceStep -= 1));
    case "play":
      return does(() => (ui.play += 1));
    case "acknowledge":
    case "assign":
    case "resolve":
    case "false_alarm":
    case "reopen":
    case "note": {
      const alert = alerts.find(ui.route.id);
      return alert ? does(() => actions.begin(alert, command)) : false;
    }
    default:
      return false;
  }
}

function does(run: () => unknown): true {
  run();
  return true;
}

/** Open the alert below (1) or above (-1) the opened one; the first where none is opened. */
function move(step: number): void {
  alerts.touch();
  const index = alerts.rows.findIndex((row) => row.id === ui.route.id);
  const next = alerts.rows[index < 0 ? 0 : Math.min(Math.max(index + step, 0), alerts.rows.length - 1)];
  if (next) ui.go("alerts", next.id, ui.route.id !== null);
  if (index + step >= alerts.rows.length - 5) void alerts.more();
}

/** One step back: from what lies on top to what lies under it. */
function back(): void {
  if (actions.composing) actions.composing = null;
  else if (ui.route.id) ui.go(ui.route.page);
  else (document.activeElement as HTMLElement | null)?.blur();
}
