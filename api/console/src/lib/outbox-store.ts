/** Operations in the browser's storage: they outlive a reload and a crash of the page. */
import type { Operation, OperationStore } from "./outbox";

/** The part of `Storage` that is used. */
export type KeyValue = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

export const STORE_PREFIX = "ioc.outbox.";

/** Operations in `localStorage`, one entry each, so that two pages do not overwrite each other's. */
export class LocalStore implements OperationStore {
  /** `onFull` is told when an operation could not be stored; it is still sent while the page is open. */
  constructor(
    private readonly storage: KeyValue,
    private readonly onFull: () => void = () => undefined,
  ) {}

  load(): Operation[] {
    const keys = Array.from({ length: this.storage.length }, (_, index) => this.storage.key(index));
    const texts = keys.filter((key) => key?.startsWith(STORE_PREFIX)).map((key) => this.storage.getItem(key!));
    const found = texts.map((text) => parse(text)).filter((operation) => operation !== null);
    return found.toSorted((a, b) => a.at - b.at);
  }

  save(operation: Operation): void {
    try {
      this.storage.setItem(STORE_PREFIX + operation.id, JSON.stringify(operation));
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.onFull();
    }
  }

  remove(id: string): void {
    this.storage.removeItem(STORE_PREFIX + id);
  }
}

function parse(text: string | null): Operation | null {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return typeof value === "object" && value !== null && "id" in value ? (value as Operation) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null; // written by something else
    throw error;
  }
}
