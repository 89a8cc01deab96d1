/** Ties the live connection, the session and the stores together. */
import { AHEAD, loadChart } from "../lib/chart";
import { Live, type LinkState } from "../lib/live";
import type { LiveMessage, System } from "../lib/model";
import { HttpError, NetworkError } from "../lib/http";
import { Reminder } from "../lib/reminder";
import { playTone } from "../lib/sound";
import { actions } from "./actions.svelte";
import { alerts } from "./alerts.svelte";
import { cameras } from "./cameras.svelte";
import { clock } from "./clock.svelte";
import { plates } from "./plates.svelte";
import { prefs, t, tc } from "./prefs.svelte";
import { http, session } from "./session.svelte";
import { ui } from "./ui.svelte";
import { watchlist } from "./watchlist.svelte";

/** ms between two questions whether a server that does not answer is back. */
const ASK_AGAIN = 2_000;
/** Seconds of a broken connection before it is said across the page. */
const PATIENCE = 4;

class Console {
  link = $state<LinkState>("off");
  /** When the server last said something, ms by this computer's clock; 0 before the first time. */
  heard = $state(0);
  system = $state.raw<System | null>(null);
  private readonly reminder = new Reminder();
  private readonly live = new Live({
    connect: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/live`),
    random: Math.random,
    now: Date.now,
    onState: (state) => this.changed(state),
    onMessage: (message) => this.take(message),
    onPicture: (picture) => cameras.pictures.offer(picture),
    onRefused: () => void session.check(),
  });

  /** Begin: ask who is signed in, then connect. */
  start(): void {
    session.onChange = (user) => {
      actions.outbox.signIn(user?.username ?? null);
      plates.enter(user?.username ?? null);
      watchlist.clear();
      if (user) void this.enter();
      else this.leave();
    };
    cameras.onWatch = (wanted) => this.live.watch(wanted);
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
    setInterval(() => (this.heard = this.live.lastMessage), 1_000);
    void this.ask();
  }

  /** Try to reconnect now. */
  hurry(): void {
    this.live.hurry();
    void actions.outbox.flush();
  }

  /** Whole seconds since the server last said something. */
  get silence(): number {
    return this.heard && clock.now ? Math.max(0, Math.floor((Date.now() - this.heard) / 1000)) : 0;
  }

  /** The connection is broken, and not only for a moment: that heals by itself. */
  get cut(): boolean {
    return this.link === "retrying" && this.silence >= PATIENCE;
  }

  get zone(): string {
    return this.system?.site.timezone ?? "Asia/Ho_Chi_Minh";
  }

  /** The words of an alert kind: the server's, so that a new kind needs no new console. */
  kind(kind: string): string {
    const known = this.system?.kinds.find((entry) => entry.kind === kind);
    const title = known?.title[prefs.language] ?? tc("kind", kind);
    return title.charAt(0).toLocaleUpperCase(prefs.language) + title.slice(1);
  }

  private async ask(): Promise<void> {
    if (!(await session.check())) setTimeout(() => void this.ask(), ASK_AGAIN);
  }

  private async enter(): Promise<void> {
    this.live.start();
    setTimeout(() => void loadChart(), AHEAD);
    await Promise.all([this.readSystem(), alerts.reload(), cameras.reload()]);
  }

  private leave(): void {
    this.live.stop();
  }

  private async readSystem(): Promise<void> {
    try {
      this.system = await http.json<System>("/system");
      clock.sync(this.system.server_time);
    } catch (error) {
      if (!(error instanceof HttpError) && !(error instanceof NetworkError)) throw error;
    }
  }

  private changed(state: LinkState): void {
    const back = state === "open" && this.link === "retrying";
    this.link = state;
    if (!back) return;
    void actions.outbox.flush();
    void alerts.reload();
    void cameras.reload();
    if (!this.system) void this.readSystem();
    if (ui.route.page === "alerts") alerts.select(ui.route.id);
  }

  private take(message: LiveMessage): void {
    switch (message.type) {
      case "alert":
        alerts.take(message.alert);
        this.announce();
        break;
      case "camera":
        cameras.takeStatus(message.camera, message.status);
        break;
      case "count":
        cameras.takeCount(message.count);
        break;
      case "totals":
        alerts.setTotals(message.totals);
        break;
      case "hello":
        clock.sync(message.server_time);
        alerts.setTotals(message.totals);
        break;
      case "ping":
        clock.sync(message.server_time);
        this.announce();
        if (this.reminder.due(performance.now(), alerts.urgent.length) && prefs.sound) playTone("critical");
    }
  }

  private announce(): void {
    const news = alerts.announcer.take(performance.now());
    if (!news) return;
    const { severity, kind, camera_name } = news.worst;
    ui.announcement = t("alerts.announce", {
      count: news.count,
      severity: t(`severity.${severity}`),
      kind: this.kind(kind),
      camera: camera_name,
    });
    if (severity === "critical") this.reminder.played(performance.now());
    if (prefs.sound) playTone(severity);
  }
}

export const desk = new Console();
