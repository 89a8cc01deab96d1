/** Texts in two languages. Vietnamese is the language of the house; English stands beside it. */
import { en } from "./words.en";
import { vi, type WordKey } from "./words.vi";

export type Language = "vi" | "en";
export type { WordKey };

const WORDS: Record<Language, Record<WordKey, string>> = { vi, en };

/** The text of a key, with `{name}` replaced by `values.name`. */
export function translate(language: Language, key: WordKey, values: Record<string, string | number> = {}): string {
  return WORDS[language][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The text of `prefix.code` where the console knows the code, else the code itself: new codes never break a page. */
export function translateCode(language: Language, prefix: string, code: string): string {
  const key = `${prefix}.${code}`;
  return key in vi ? WORDS[language][key as WordKey] : code.replaceAll("_", " ");
}

/** Whether the console has a word of its own for `prefix.code`. */
export function knows(prefix: string, code: string): boolean {
  return `${prefix}.${code}` in vi;
}

/** One language's half of a text that the server says in both: `quá ngắn / too short`. Any other text is left as it is. */
export function half(text: string, language: Language): string {
  const [vietnamese, english, more] = text.split(" / ");
  return vietnamese && english && more === undefined ? (language === "vi" ? vietnamese : english) : text;
}
