/**
 * Operators' actions on their way to the server.
 *
 * An action is stored before it is sent and forgotten only when the server has answered, so it outlives an outage of the
 * network or the server, a reload and an expired session. Its id goes along as `Idempotency-Key`: sent twice, done once.
 * Actions on one alert keep their order. Each belongs to the user who gave it and is sent only in that user's session.
 */
import { HttpError, NetworkError } from "./http";
import { uuid } from "./ids";
import type { Alert, Status } from "./model";

export type ActionName = "acknowledge" | "assign" | "resolve" | "false_alarm" | "reopen" | "note";

/** What the operator's decision rested on. */
export interface Seen {
  status: Status;
  assignee: string | null;
}

export interface Operation {
  /** UUID; the idempotency key. */
  id: string;
  user: string;
  alert: string;
  /** For the list of waiting actions: what the alert was about. */
  kind: string;
  place: string;
  action: ActionName;
  note: string | null;
  assignee: string | null;
  revision: number;
  seen: Seen;
  /** When the operator acted, ms since the epoch. */
  at: number;
  /** `conflict` and `failed` wait for a decision of the operator. */
  state: "queued" | "sending" | "conflict" | "failed";
  /** Why the server refused, in its words. */
  problem: string | null;
  /** The alert as it is now, where it changed before the action came. */
  current: (Seen & { revision: number }) | null;
}

/** Where operations outlive the page. */
export interface OperationStore {
  /** Oldest first. */
  load(): Operation[];
  save(operation: Operation): void;
  remove(id: string): void;
}

export interface OutboxPorts {
  store: OperationStore;
  /** Carry an operation out. Throws HttpError or NetworkError. */
  send(operation: Operation): Promise<Alert>;
  /** The alert as it is now. */
  read(id: string): Promise<Alert>;
  /** Called with the answer of a delivered operation. */
  delivered(operation: Operation, alert: Alert): void;
  changed(): void;
  /** Run after a number of ms. */
  later(run: () => void, ms: number): void;
  now(): number;
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;

export class Outbox {
  private operations: Operation[];
  private user: string | null = null;
  private busy = false;
  private pause = FIRST_PAUSE;
  private waiting = false;

  constructor(private readonly ports: OutboxPorts) {
    this.operations = ports.store.load().map((operation) => requeued(operation));
  }

  /** All operations, oldest first; a new array after each change. */
  get all(): readonly Operation[] {
    return this.operations;
  }

  of(alert: string): Operation[] {
    return this.operations.filter((operation) => operation.alert === alert);
  }

  /** Whose session it is; null while nobody is signed in, and nothing is sent. */
  signIn(user: string | null): void {
    this.user = user;
    this.pause = FIRST_PAUSE;
    void this.flush();
  }

  /** Another page of this browser changed the store. */
  reload(): void {
    const mine = new Map(this.operations.map((operation) => [operation.id, operation]));
    this.operations = this.ports.store.load().map((stored) => mine.get(stored.id) ?? requeued(stored));
    this.ports.changed();
  }

  /** Keep an action and begin to deliver it. */
  add(alert: Alert, action: ActionName, user: string, extra: { note?: string; assignee?: string } = {}): Operation {
    const operation: Operation = {
      id: uuid(),
      user,
      alert: alert.id,
      kind: alert.kind,
      place: alert.camera_name,
      action,
      note: extra.note?.trim() || null,
      assignee: extra.assignee ?? null,
      revision: alert.revision,
      seen: { status: alert.status, assignee: alert.assignee },
      at: this.ports.now(),
      state: "queued",
      problem: null,
      current: null,
    };
    this.put(operation);
    void this.flush();
    return operation;
  }

  /** Give an action up. */
  drop(id: string): void {
    this.ports.store.remove(id);
    this.operations = this.operations.filter((operation) => operation.id !== id);
    this.ports.changed();
    void this.flush();
  }

  /** After a conflict: do it anyway, on the alert as it is now. It is another request, so it gets another id. */
  again(id: string): void {
    const old = this.operations.find((operation) => operation.id === id);
    if (!old) return;
    this.replace(old, onCurrent(old));
    void this.flush();
  }

  /** Send what can be sent, one after the other. Called again after a pause while the server cannot be reached. */
  async flush(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      for (let next = this.next(); next; next = this.next()) {
        if (!(await this.deliver(next))) {
          this.retryLater();
          return;
        }
        this.pause = FIRST_PAUSE;
      }
    } finally {
      this.busy = false;
    }
  }

  /** The oldest operation that may go: not behind one on the same alert that waits for a decision. */
  private next(): Operation | undefined {
    const blocked = new Set<string>();
    for (const operation of this.operations) {
      if (operation.user !== this.user) continue;
      if (operation.state === "queued" && !blocked.has(operation.alert)) return operation;
      blocked.add(operation.alert);
    }
    return undefined;
  }

  /** False if the server could not be reached or asked to wait. */
  private async deliver(queued: Operation): Promise<boolean> {
    const operation: Operation = { ...queued, state: "sending" };
    this.put(operation);
    try {
      const alert = await this.ports.send(operation);
      this.forget(operation, alert);
      return true;
    } catch (error) {
      if (error instanceof HttpError && error.status === 412) return this.rebase(operation);
      if (error instanceof HttpError && isFinal(error.status)) {
        this.put({ ...operation, state: "failed", problem: error.message });
        return true;
      }
      this.put({ ...operation, state: "queued" });
      if (error instanceof HttpError || error instanceof NetworkError) return false;
      throw error;
    }
  }

  /**
   * The alert changed. Where what the operator saw still holds (the machine added evidence, say), or where the action is
   * a note, which contradicts nothing, it goes out again by itself; otherwise the operator decides.
   */
  private async rebase(operation: Operation): Promise<boolean> {
    let alert: Alert;
    try {
      alert = await this.ports.read(operation.alert);
    } catch (error) {
      this.put({ ...operation, state: "queued" });
      if (error instanceof HttpError || error instanceof NetworkError) return false;
      throw error;
    }
    const current = { status: alert.status, assignee: alert.assignee, revision: alert.revision };
    const same = current.status === operation.seen.status && current.assignee === operation.seen.assignee;
    const stale: Operation = { ...operation, state: "conflict", current };
    if (same || operation.action === "note") this.replace(operation, onCurrent(stale));
    else this.put(stale);
    return true;
  }

  /** Delivered: later actions on the same alert now rest on its answer. */
  private forget(done: Operation, alert: Alert): void {
    this.ports.store.remove(done.id);
    this.operations = this.operations.filter((operation) => operation.id !== done.id);
    for (const operation of this.operations) {
      if (operation.alert === done.alert && operation.user === done.user && operation.revision <= alert.revision) {
        this.put({ ...operation, revision: alert.revision, seen: { status: alert.status, assignee: alert.assignee } });
      }
    }
    this.ports.delivered(done, alert);
    this.ports.changed();
  }

  private put(operation: Operation): void {
    this.ports.store.save(operation);
    const index = this.operations.findIndex((other) => other.id === operation.id);
    this.operations = index < 0 ? [...this.operations, operation] : this.operations.with(index, operation);
    this.ports.changed();
  }

  private replace(old: Operation, fresh: Operation): void {
    this.ports.store.remove(old.id);
    this.ports.store.save(fresh);
    this.operations = this.operations.map((operation) => (operation.id === old.id ? fresh : operation));
    this.ports.changed();
  }

  private retryLater(): void {
    if (this.waiting) return;
    this.waiting = true;
    this.ports.later(() => {
      this.waiting = false;
      void this.flush();
    }, this.pause);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
  }
}

/** Whether a status means that sending the same again cannot help. 401 does not: the session may come back. */
function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 408, 425, 429].includes(status);
}

function requeued(operation: Operation): Operation {
  return operation.state === "sending" ? { ...operation, state: "queued" } : operation;
}

function onCurrent(operation: Operation): Operation {
  const { current } = operation;
  const fresh: Operation = { ...operation, id: uuid(), state: "queued", problem: null, current: null };
  return current
    ? { ...fresh, revision: current.revision, seen: { status: current.status, assignee: current.assignee } }
    : fresh;
}
