/** Who is signed in. */
import { Http, HttpError, NetworkError } from "../lib/http";
import type { Session, User } from "../lib/model";
import { prefs } from "./prefs.svelte";

export const http = new Http();
/** Says that this browser has a login, so that a browser without one need not ask. */
const HINT = "ioc.session";

/** unknown: the server has not been asked yet, or does not answer. */
export type SessionState = "unknown" | "out" | "in";
export type LoginFailure = { why: "wrong" | "offline" | "server"; status?: number } | { why: "limited"; seconds: number };

class SessionStore {
  state = $state<SessionState>("unknown");
  user = $state.raw<User | null>(null);
  /** The session ended while the operator was at work. */
  expired = $state(false);
  /** Told of each change of the signed-in user. */
  onChange: (user: User | null) => void = () => undefined;

  constructor() {
    http.onExpired = () => this.end(true);
  }

  /** Ask the server whether the cookie still counts. False if it cannot be reached. */
  async check(): Promise<boolean> {
    if (localStorage.getItem(HINT) === null) {
      this.end(false);
      return true;
    }
    try {
      this.begin(await http.json<Session>("/session"));
      return true;
    } catch (error) {
      if (error instanceof HttpError && error.status === 401) {
        this.end(this.state === "in");
        return true;
      }
      if (error instanceof HttpError || error instanceof NetworkError) return false;
      throw error;
    }
  }

  /** Null if it worked. */
  async signIn(username: string, password: string): Promise<LoginFailure | null> {
    try {
      this.begin(await http.json<Session>("/session", { method: "POST", body: { username, password } }));
      return null;
    } catch (error) {
      if (error instanceof NetworkError) return { why: "offline" };
      if (!(error instanceof HttpError)) throw error;
      if (error.status === 429) return { why: "limited", seconds: error.retryAfter ?? 60 };
      return error.status < 500 ? { why: "wrong" } : { why: "server", status: error.status };
    }
  }

  async signOut(): Promise<void> {
    try {
      await http.json("/session", { method: "DELETE" });
    } catch (error) {
      if (!(error instanceof HttpError) && !(error instanceof NetworkError)) throw error;
    }
    this.end(false);
  }

  private begin(session: Session): void {
    http.csrf = session.csrf_token;
    const same = this.user?.username === session.user.username && this.state === "in";
    this.user = session.user;
    this.expired = false;
    this.state = "in";
    localStorage.setItem(HINT, "1");
    prefs.suggestLanguage(session.user.language);
    if (!same) this.onChange(session.user);
  }

  private end(expired: boolean): void {
    if (this.state === "out") return;
    this.state = "out";
    this.expired = expired;
    localStorage.removeItem(HINT);
    this.user = null;
    http.csrf = "";
    this.onChange(null);
  }
}

export const session = new SessionStore();
