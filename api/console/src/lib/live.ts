/**
 * The one live connection. Reconnects with capped, jittered pauses; a connection that says nothing for too long counts
 * as lost, because a dead network does not close sockets.
 */
import type { LiveMessage } from "./model";
import { decodePicture, WireError, type LivePicture } from "./wire";

/** off: nobody is signed in. retrying: it was lost, and another attempt is under way or due. */
export type LinkState = "off" | "connecting" | "open" | "retrying";

export interface LivePorts {
  connect(): WebSocket;
  /** Number in 0..1. */
  random(): number;
  now(): number;
  onState(state: LinkState): void;
  onMessage(message: LiveMessage): void;
  onPicture(picture: LivePicture): void;
  /** A connection failed before it opened: perhaps the session is over. */
  onRefused(): void;
}

/** The server speaks every 5 s; after this many ms of silence the connection is given up. */
export const SILENCE = 13_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

export class Live {
  state: LinkState = "off";
  /** When the server last said something, ms since the epoch; 0 before the first time. */
  lastMessage = 0;
  /** Messages that could not be read. */
  broken = 0;
  private socket: WebSocket | null = null;
  private pause = FIRST_PAUSE;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setInterval> | undefined;
  private watched: readonly string[] = [];
  /** When the server last said something on this connection, or when it was begun. */
  private silentSince = 0;

  constructor(private readonly ports: LivePorts) {}

  start(): void {
    if (this.state !== "off") return;
    this.watchdog = setInterval(() => this.checkSilence(), 1_000);
    this.open("connecting");
  }

  stop(): void {
    clearTimeout(this.timer);
    clearInterval(this.watchdog);
    this.discard();
    this.watched = [];
    this.setState("off");
  }

  /** Try at once, if an attempt is due anyway. */
  hurry(): void {
    if (this.state === "retrying" && !this.socket) {
      clearTimeout(this.timer);
      this.pause = FIRST_PAUSE;
      this.open("retrying");
    }
  }

  /** The cameras whose pictures are wanted, in place of those wanted before. */
  watch(cameras: readonly string[]): void {
    this.watched = cameras;
    if (this.state === "open") this.socket?.send(JSON.stringify({ type: "watch", cameras }));
  }

  private open(state: "connecting" | "retrying"): void {
    this.setState(state);
    const socket = this.ports.connect();
    const began = this.ports.now();
    let opened = false;
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.lastMessage ||= began;
    this.silentSince = began;
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (this.socket !== socket) return;
      this.silentSince = this.lastMessage = this.ports.now();
      if (!opened) {
        opened = true;
        this.pause = FIRST_PAUSE;
        this.setState("open");
        if (this.watched.length) this.watch(this.watched);
      }
      this.take(event.data);
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      if (!opened) this.ports.onRefused();
      this.retry();
    };
  }

  private take(data: string | ArrayBuffer): void {
    try {
      if (typeof data === "string") this.ports.onMessage(JSON.parse(data) as LiveMessage);
      else this.ports.onPicture(decodePicture(data));
    } catch (error) {
      if (!(error instanceof WireError) && !(error instanceof SyntaxError)) throw error;
      this.broken += 1;
    }
  }

  private retry(): void {
    this.discard();
    if (this.state === "off") return;
    this.setState("retrying");
    const wait = this.pause * (0.5 + this.ports.random() / 2);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open("retrying"), wait);
  }

  private checkSilence(): void {
    if (this.socket && this.ports.now() - this.silentSince > SILENCE) this.retry();
  }

  private discard(): void {
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private setState(state: LinkState): void {
    if (this.state === state) return;
    this.state = state;
    this.ports.onState(state);
  }
}
