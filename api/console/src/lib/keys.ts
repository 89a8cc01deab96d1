/** The keyboard: every operator action has a key. Pure. */
import type { WordKey } from "./i18n";

export type Command =
  | "next" | "previous" | "open" | "back" | "newest"
  | "acknowledge" | "assign" | "resolve" | "false_alarm" | "reopen" | "note"
  | "evidence" | "evidence_next" | "evidence_previous" | "play" | "boxes"
  | "filter" | "clear" | "only_new"
  | "go_alerts" | "go_wall" | "go_cameras" | "go_counts" | "go_plates" | "go_watchlist"
  | "outbox" | "sound" | "theme" | "language" | "help";

export interface Binding {
  command: Command;
  /** Alternatives; a space separates the keys of a sequence. */
  keys: readonly string[];
  group: "alerts" | "act" | "go" | "other";
  word: WordKey;
}

export const BINDINGS: readonly Binding[] = [
  { command: "next", keys: ["j", "ArrowDown"], group: "alerts", word: "key.next" },
  { command: "previous", keys: ["k", "ArrowUp"], group: "alerts", word: "key.previous" },
  { command: "open", keys: ["Enter"], group: "alerts", word: "key.open" },
  { command: "back", keys: ["Escape"], group: "alerts", word: "key.back" },
  { command: "newest", keys: ["u", "Home"], group: "alerts", word: "key.newest" },
  { command: "filter", keys: ["/"], group: "alerts", word: "key.filter" },
  { command: "only_new", keys: ["1"], group: "alerts", word: "key.only_new" },
  { command: "clear", keys: ["0"], group: "alerts", word: "key.clear" },
  { command: "acknowledge", keys: ["a"], group: "act", word: "action.acknowledge" },
  { command: "assign", keys: ["m"], group: "act", word: "action.assign" },
  { command: "resolve", keys: ["r"], group: "act", word: "action.resolve" },
  { command: "false_alarm", keys: ["x"], group: "act", word: "action.false_alarm" },
  { command: "reopen", keys: ["o"], group: "act", word: "action.reopen" },
  { command: "note", keys: ["n"], group: "act", word: "action.note" },
  { command: "evidence", keys: ["e"], group: "act", word: "key.evidence" },
  { command: "evidence_next", keys: ["ArrowRight"], group: "act", word: "key.evidence_next" },
  { command: "evidence_previous", keys: ["ArrowLeft"], group: "act", word: "key.evidence_previous" },
  { command: "play", keys: ["p"], group: "act", word: "key.play" },
  { command: "boxes", keys: ["b"], group: "act", word: "key.boxes" },
  { command: "go_alerts", keys: ["g a"], group: "go", word: "nav.alerts" },
  { command: "go_wall", keys: ["w", "g w"], group: "go", word: "nav.wall" },
  { command: "go_cameras", keys: ["c", "g c"], group: "go", word: "nav.cameras" },
  { command: "go_counts", keys: ["g s"], group: "go", word: "nav.counts" },
  { command: "go_plates", keys: ["g p"], group: "go", word: "nav.plates" },
  { command: "go_watchlist", keys: ["g d"], group: "go", word: "nav.watchlist" },
  { command: "outbox", keys: ["g q"], group: "go", word: "key.outbox" },
  { command: "sound", keys: ["s"], group: "other", word: "key.sound" },
  { command: "theme", keys: ["t"], group: "other", word: "key.theme" },
  { command: "language", keys: ["l"], group: "other", word: "key.language" },
  { command: "help", keys: ["?"], group: "other", word: "key.help" },
];

/** What only those who look plates up may open. */
export const POLICE_COMMANDS: ReadonlySet<Command> = new Set<Command>(["go_plates", "go_watchlist"]);

/** Keys of the plate search for the help page: there, each key means what lies in front. */
export const PLATE_KEYS: readonly { keys: readonly string[]; word: WordKey }[] = [
  { keys: ["/"], word: "key.plate.text" },
  { keys: ["Enter"], word: "key.plate.submit" },
  { keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], word: "key.plate.move" },
  { keys: ["Enter"], word: "key.plate.open" },
  { keys: ["n"], word: "key.plate.more" },
  { keys: ["Escape"], word: "key.plate.back" },
];

/** First keys of sequences. */
const PREFIXES = new Set(BINDINGS.flatMap(({ keys }) => keys.filter((key) => key.includes(" ")).map((key) => key.split(" ")[0]!)));
const BY_KEY = new Map(BINDINGS.flatMap(({ command, keys }) => keys.map((key) => [key, command] as const)));

export interface Press {
  key: string;
  code: string;
}

/** The key as the table writes it. An input method (Telex) hides letters: then the key's place on the board tells. */
export function keyName({ key, code }: Press): string {
  if (key === "Process" || key === "Unidentified" || key === "Dead") {
    return code.startsWith("Key") ? code.slice(3).toLowerCase() : code === "Slash" ? "/" : key;
  }
  return key.length === 1 ? key.toLowerCase() : key;
}

/** The command of a key, after `prefix` (the first key of a sequence, or ""), and the prefix for the next key. */
export function press(name: string, prefix: string): { command: Command | null; prefix: string } {
  const command = prefix ? BY_KEY.get(`${prefix} ${name}`) : undefined;
  if (command) return { command, prefix: "" };
  if (PREFIXES.has(name)) return { command: null, prefix: name };
  return { command: BY_KEY.get(name) ?? null, prefix: "" };
}

/** How a key is written on the help page and on buttons. */
export function keyLabel(key: string): string {
  const names: Record<string, string> = { ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc", Enter: "Enter", Home: "Home" };
  return names[key] ?? key;
}
