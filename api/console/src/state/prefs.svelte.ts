/** What this browser remembers for its operator: language, background, sound, overlays, the wall's columns. */
import { translate, translateCode, type Language, type WordKey } from "../lib/i18n";
import { unlockSound } from "../lib/sound";

const KEY = "ioc.prefs";

interface Stored {
  language: Language;
  theme: "dark" | "light";
  sound: boolean;
  overlay: boolean;
  /** 0: as many as fit. */
  columns: number;
  /** Whether the operator chose the language; otherwise the account's is taken. */
  chosen: boolean;
}

const FIRST: Stored = { language: "vi", theme: "dark", sound: false, overlay: true, columns: 0, chosen: false };

function load(): Stored {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return { ...FIRST, ...(typeof stored === "object" ? stored : {}) };
  } catch (error) {
    if (error instanceof SyntaxError) return FIRST;
    throw error;
  }
}

class Prefs {
  private stored = $state(load());

  constructor() {
    this.apply();
  }

  get language(): Language {
    return this.stored.language;
  }
  get theme(): "dark" | "light" {
    return this.stored.theme;
  }
  get sound(): boolean {
    return this.stored.sound;
  }
  get overlay(): boolean {
    return this.stored.overlay;
  }
  get columns(): number {
    return this.stored.columns;
  }

  switchLanguage(): void {
    this.set({ language: this.language === "vi" ? "en" : "vi", chosen: true });
  }
  /** The account's language, unless this browser's operator has chosen another. */
  suggestLanguage(language: string | null): void {
    if (!this.stored.chosen && (language === "vi" || language === "en")) this.set({ language });
  }
  switchTheme(): void {
    this.set({ theme: this.theme === "dark" ? "light" : "dark" });
  }
  switchSound(): void {
    if (!this.sound) unlockSound();
    this.set({ sound: !this.sound });
  }
  switchOverlay(): void {
    this.set({ overlay: !this.overlay });
  }
  setColumns(columns: number): void {
    this.set({ columns });
  }

  private set(change: Partial<Stored>): void {
    this.stored = { ...this.stored, ...change };
    localStorage.setItem(KEY, JSON.stringify(this.stored));
    this.apply();
  }

  private apply(): void {
    document.documentElement.lang = this.stored.language;
    document.documentElement.dataset.theme = this.stored.theme;
  }
}

export const prefs = new Prefs();

/** The text of a key in the operator's language. */
export function t(key: WordKey, values?: Record<string, string | number>): string {
  return translate(prefs.language, key, values);
}

/** The text of `prefix.code` in the operator's language, or the code itself where the console has none. */
export function tc(prefix: string, code: string): string {
  return translateCode(prefs.language, prefix, code);
}
