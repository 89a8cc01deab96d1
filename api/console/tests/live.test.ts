import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Live, SILENCE } from "../src/lib/live";

class Socket {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  closed = false;
  readonly sent: string[] = [];
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.closed = true;
  }
  says(message: unknown): void {
    this.onmessage?.({ data: typeof message === "string" || message instanceof ArrayBuffer ? message : JSON.stringify(message) });
  }
}

let sockets: Socket[];
let log: string[];
let live: Live;
const last = () => sockets.at(-1)!;
const PING = { type: "ping", server_time: "2026-11-21T08:00:00.000Z" };

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  sockets = [];
  log = [];
  live = new Live({
    connect: () => {
      sockets.push(new Socket());
      return last() as unknown as WebSocket;
    },
    random: () => 1,
    now: Date.now,
    onState: (state) => log.push(state),
    onMessage: (message) => log.push(message.type),
    onPicture: (picture) => log.push(`picture ${picture.camera}`),
    onRefused: () => log.push("refused"),
  });
});
afterEach(() => {
  live.stop();
  vi.useRealTimers();
});

describe("the live connection", () => {
  it("is open when the server has spoken, not before", () => {
    live.start();
    expect(live.state).toBe("connecting");
    last().says({ type: "hello" });
    expect(log).toEqual(["connecting", "open", "hello"]);
  });

  it("reconnects with growing pauses of at most 10 s and asks whether the session counts", () => {
    live.start();
    const pauses: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      const before = Date.now();
      const count = sockets.length;
      last().onclose?.();
      while (sockets.length === count) vi.advanceTimersByTime(100);
      pauses.push(Date.now() - before);
    }
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    expect(log.filter((entry) => entry === "refused")).toHaveLength(7);
  });

  it("begins again with a short pause after it has been open", () => {
    live.start();
    last().says({ type: "hello" });
    last().onclose?.();
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(2);
    expect(log).not.toContain("refused");
  });

  it("gives up a connection that has fallen silent", () => {
    live.start();
    last().says({ type: "hello" });
    vi.advanceTimersByTime(SILENCE - 1_000);
    last().says(PING);
    vi.advanceTimersByTime(SILENCE - 1_000);
    expect(live.state).toBe("open");
    vi.advanceTimersByTime(3_000);
    expect(sockets[0]?.closed).toBe(true);
    expect(sockets.length).toBeGreaterThan(1);
  });

  it("tells each new connection which cameras are watched", () => {
    live.watch(["gate"]);
    live.start();
    last().says({ type: "hello" });
    live.watch(["gate", "square"]);
    last().onclose?.();
    vi.advanceTimersByTime(500);
    last().says({ type: "hello" });
    expect(sockets.map((socket) => socket.sent.map((text) => JSON.parse(text).cameras))).toEqual([
      [["gate"], ["gate", "square"]],
      [["gate", "square"]],
    ]);
  });

  it("hurries only when it waits", () => {
    live.start();
    live.hurry();
    expect(sockets).toHaveLength(1);
    last().says({ type: "hello" });
    last().onclose?.();
    live.hurry();
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(600);
    expect(sockets).toHaveLength(2);
  });

  it("counts what it cannot read and goes on", () => {
    live.start();
    last().says({ type: "hello" });
    last().says("{");
    last().says(new ArrayBuffer(3));
    last().says(PING);
    expect(live.broken).toBe(2);
    expect(log.at(-1)).toBe("ping");
  });

  it("stops for good", () => {
    live.start();
    last().says({ type: "hello" });
    live.stop();
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(1);
    expect(live.state).toBe("off");
  });
});
