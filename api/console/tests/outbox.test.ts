import { beforeEach, describe, expect, it } from "vitest";
import { HttpError, NetworkError } from "../src/lib/http";
import type { Alert } from "../src/lib/model";
import { Outbox, type Operation } from "../src/lib/outbox";
import { LocalStore, STORE_PREFIX, type KeyValue } from "../src/lib/outbox-store";
import { makeAlert } from "./make";

/** A `localStorage` of the tests. */
class Memory implements KeyValue {
  readonly map = new Map<string, string>();
  get length(): number {
    return this.map.size;
  }
  key(index: number): string | null {
    return [...this.map.keys()][index] ?? null;
  }
  getItem(key: string): string | null {
    return this.map.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.map.set(key, value);
  }
  removeItem(key: string): void {
    this.map.delete(key);
  }
}

/** A server that keeps one alert, checks revisions and remembers idempotency keys, as the real one does. */
class Server {
  alert: Alert = makeAlert("x");
  reachable = true;
  /** The answer gets lost: the server acts, the page hears nothing. */
  losesAnswers = false;
  refusal: HttpError | null = null;
  readonly acts: string[] = [];
  private readonly answers = new Map<string, Alert>();

  async send(operation: Operation): Promise<Alert> {
    if (!this.reachable) throw new NetworkError("away");
    if (this.refusal) throw this.refusal;
    const answer = this.answers.get(operation.id) ?? this.act(operation);
    if (this.losesAnswers) throw new NetworkError("answer lost");
    return answer;
  }

  private act(operation: Operation): Alert {
    if (operation.revision !== this.alert.revision) throw new HttpError(412, { title: "stale" });
    this.acts.push(operation.action);
    const status = operation.action === "acknowledge" ? "acknowledged" : operation.action === "resolve" ? "resolved" : this.alert.status;
    this.alert = { ...this.alert, status, revision: this.alert.revision + 1 };
    this.answers.set(operation.id, this.alert);
    return this.alert;
  }

  async read(): Promise<Alert> {
    if (!this.reachable) throw new NetworkError("away");
    return this.alert;
  }
}

let server: Server;
let memory: Memory;
let retries: { run: () => void; ms: number }[];
let delivered: string[];

function open(user: string | null = "truc1"): Outbox {
  retries = [];
  const outbox = new Outbox({
    store: new LocalStore(memory),
    send: (operation) => server.send(operation),
    read: () => server.read(),
    delivered: (operation) => delivered.push(operation.action),
    changed: () => undefined,
    later: (run, ms) => void retries.push({ run, ms }),
    now: () => 1_000,
  });
  outbox.signIn(user);
  return outbox;
}

/** Let everything that was begun come to its end. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
const states = (outbox: Outbox) => outbox.all.map(({ action, state }) => `${action} ${state}`);

beforeEach(() => {
  server = new Server();
  memory = new Memory();
  delivered = [];
});

describe("with the server there", () => {
  it("delivers at once and forgets", async () => {
    const outbox = open();
    outbox.add(server.alert, "acknowledge", "truc1");
    expect(states(outbox)).toEqual(["acknowledge sending"]);
    await settle();
    expect(server.acts).toEqual(["acknowledge"]);
    expect(outbox.all).toEqual([]);
    expect(memory.map.size).toBe(0);
    expect(delivered).toEqual(["acknowledge"]);
  });

  it("keeps the order of actions on one alert, each on the answer of the one before", async () => {
    const outbox = open();
    const seen = server.alert;
    outbox.add(seen, "acknowledge", "truc1");
    outbox.add(seen, "note", "truc1", { note: " xe đã rời đi " });
    outbox.add(seen, "resolve", "truc1");
    await settle();
    expect(server.acts).toEqual(["acknowledge", "note", "resolve"]);
    expect(server.alert.revision).toBe(3);
  });
});

describe("through an outage", () => {
  it("keeps the action, retries with growing pauses up to 30 s, and delivers once", async () => {
    server.reachable = false;
    const outbox = open();
    outbox.add(server.alert, "acknowledge", "truc1");
    await settle();
    expect(states(outbox)).toEqual(["acknowledge queued"]);
    const pauses: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      const retry = retries.pop()!;
      pauses.push(retry.ms);
      retry.run();
      await settle();
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    server.reachable = true;
    await outbox.flush();
    expect(server.acts).toEqual(["acknowledge"]);
    expect(outbox.all).toEqual([]);
  });

  it("outlives a reload in the middle of sending, and is still done once", async () => {
    server.losesAnswers = true;
    const first = open();
    first.add(server.alert, "acknowledge", "truc1");
    await settle();
    expect(server.acts).toEqual(["acknowledge"]);
    server.losesAnswers = false;
    const second = open();
    await settle();
    expect(server.acts).toEqual(["acknowledge"]);
    expect(delivered).toEqual(["acknowledge"]);
    expect(second.all).toEqual([]);
    expect(memory.map.size).toBe(0);
  });

  it.each([500, 502, 503, 429, 408, 401])("keeps the action when the server answers %i", async (status) => {
    server.refusal = new HttpError(status, {});
    const outbox = open();
    outbox.add(server.alert, "acknowledge", "truc1");
    await settle();
    expect(states(outbox)).toEqual(["acknowledge queued"]);
    expect(memory.map.size).toBe(1);
  });
});

describe("another session", () => {
  it("sends nothing while nobody is signed in, and nothing of another user's", async () => {
    const out = open(null);
    out.add(server.alert, "acknowledge", "truc1");
    await settle();
    expect(server.acts).toEqual([]);
    out.signIn("truc2");
    await settle();
    expect(server.acts).toEqual([]);
    out.signIn("truc1");
    await settle();
    expect(server.acts).toEqual(["acknowledge"]);
  });
});

describe("when the alert has changed", () => {
  it("asks the operator, with the newer state, if somebody else acted", async () => {
    const outbox = open();
    const seen = server.alert;
    server.alert = { ...seen, status: "in_progress", assignee: "truc2", revision: 4 };
    outbox.add(seen, "resolve", "truc1");
    await settle();
    expect(states(outbox)).toEqual(["resolve conflict"]);
    expect(outbox.all[0]?.current).toEqual({ status: "in_progress", assignee: "truc2", revision: 4 });
    expect(server.acts).toEqual([]);
  });

  it("does it anyway under a new id when told to", async () => {
    const outbox = open();
    const seen = server.alert;
    server.alert = { ...seen, status: "acknowledged", revision: 1 };
    const { id } = outbox.add(seen, "resolve", "truc1");
    await settle();
    outbox.again(id);
    expect(outbox.all[0]?.id).not.toBe(id);
    await settle();
    expect(server.acts).toEqual(["resolve"]);
    expect(memory.map.size).toBe(0);
  });

  it("drops it when told to, and lets what waits behind it go", async () => {
    const outbox = open();
    const seen = server.alert;
    server.alert = { ...seen, status: "resolved", revision: 1 };
    const { id } = outbox.add(seen, "resolve", "truc1");
    outbox.add({ ...seen, revision: 1, status: "resolved" }, "note", "truc1", { note: "x" });
    await settle();
    expect(states(outbox)).toEqual(["resolve conflict", "note queued"]);
    outbox.drop(id);
    await settle();
    expect(server.acts).toEqual(["note"]);
  });

  it("sends a note again by itself: it contradicts nothing", async () => {
    const outbox = open();
    const seen = server.alert;
    server.alert = { ...seen, status: "resolved", revision: 3 };
    outbox.add(seen, "note", "truc1", { note: "đã gọi 114" });
    await settle();
    expect(server.acts).toEqual(["note"]);
  });

  it("sends it again by itself if status and assignee are as the operator saw them", async () => {
    const outbox = open();
    const seen = server.alert;
    server.alert = { ...seen, revision: 2 };
    outbox.add(seen, "acknowledge", "truc1");
    await settle();
    expect(server.acts).toEqual(["acknowledge"]);
  });
});

describe("a refusal", () => {
  it.each([403, 404, 409, 422, 428])("%i is shown with the server's words and not repeated", async (status) => {
    server.refusal = new HttpError(status, { title: "no", detail: "vì sao" });
    const outbox = open();
    outbox.add(server.alert, "acknowledge", "truc1");
    await settle();
    expect(states(outbox)).toEqual(["acknowledge failed"]);
    expect(outbox.all[0]?.problem).toBe("vì sao");
    expect(retries).toEqual([]);
  });
});

describe("the store", () => {
  it("leaves out what it cannot read, and entries of others", () => {
    memory.setItem(`${STORE_PREFIX}broken`, "{");
    memory.setItem("ioc.prefs", "{}");
    expect(new LocalStore(memory).load()).toEqual([]);
  });

  it("that is full says so, and the action is still sent", async () => {
    let told = 0;
    memory.setItem = () => {
      throw new DOMException("no room", "QuotaExceededError");
    };
    const operation = open(null).add(server.alert, "acknowledge", "truc1");
    new LocalStore(memory, () => (told += 1)).save(operation);
    expect(told).toBe(1);
    const outbox = open();
    outbox.add(server.alert, "acknowledge", "truc1");
    await settle();
    expect(server.acts).toEqual(["acknowledge"]);
  });

  it("is followed when another page of the browser empties it", async () => {
    server.reachable = false;
    const outbox = open();
    outbox.add(server.alert, "acknowledge", "truc1");
    await settle();
    memory.map.clear();
    outbox.reload();
    expect(outbox.all).toEqual([]);
  });
});
