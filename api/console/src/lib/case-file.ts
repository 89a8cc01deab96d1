/** The case that a search serves. Whoever looks a plate up says why; both stand in the audit log. Pure. */

export interface CaseFile {
  readonly reason: string;
  readonly number: string;
}

export type CaseField = keyof CaseFile;
export const NO_CASE: CaseFile = { reason: "", number: "" };
const FIELDS: readonly CaseField[] = ["reason", "number"];

/** The fields that are still to be filled in. */
export function missing(file: CaseFile): CaseField[] {
  return FIELDS.filter((field) => file[field].trim() === "");
}

/** What is kept in the browser's tab for as long as it is open. */
export function storeCase(file: CaseFile, username: string): string {
  return JSON.stringify({ ...file, username });
}

/** The stored case, if it is that user's: nobody goes on under another's case. */
export function restoreCase(stored: string | null, username: string): CaseFile {
  if (stored === null) return NO_CASE;
  try {
    const value: unknown = JSON.parse(stored);
    if (typeof value !== "object" || value === null) return NO_CASE;
    const { reason, number, username: owner } = value as Record<string, unknown>;
    return owner === username && typeof reason === "string" && typeof number === "string" ? { reason, number } : NO_CASE;
  } catch (error) {
    if (error instanceof SyntaxError) return NO_CASE;
    throw error;
  }
}
