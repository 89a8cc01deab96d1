/** One search after another, page by page: what was asked, what has come, what went wrong. No drawing, no network of its own. */
import { HttpError, NetworkError } from "./http";

/** One page of an answer. */
export interface Page<Row> {
  readonly items: readonly Row[];
  readonly next_cursor: string | null;
}

/** forbidden: this account may not search. failed: the first page did not come, {@link Search.failure} says why. */
export type SearchState = "idle" | "loading" | "ready" | "more" | "failed" | "forbidden";

export interface Failure {
  /** 0: no answer came. */
  readonly status: number;
  readonly text: string;
  /** Seconds to wait, where the server says so. */
  readonly wait: number | null;
  /** What the server found wrong, by field. */
  readonly fields: readonly { path: string; message: string }[];
}

export class Search<Ask, Row extends { id: string }, Answer extends Page<Row> = Page<Row>> {
  state: SearchState = "idle";
  rows: readonly Row[] = [];
  /** What the rows answer. */
  asked: Ask | null = null;
  /** The page that came last. */
  answer: Answer | null = null;
  /** Why the last page did not come; null once one has. */
  failure: Failure | null = null;
  private running: AbortController | null = null;

  constructor(
    private readonly read: (ask: Ask, cursor: string | null, signal: AbortSignal) => Promise<Answer>,
    private readonly changed: () => void,
  ) {}

  get hasMore(): boolean {
    return (this.answer?.next_cursor ?? null) !== null;
  }

  /** Begin anew; an older search that is still on its way is given up. */
  async begin(ask: Ask): Promise<void> {
    this.asked = ask;
    this.rows = [];
    this.answer = null;
    await this.page("loading", ask, null);
  }

  /** Read the next page, if there is one and none is on its way. */
  async more(): Promise<void> {
    const cursor = this.answer?.next_cursor ?? null;
    if (this.state === "ready" && cursor !== null && this.asked !== null) await this.page("more", this.asked, cursor);
  }

  /** Put a changed row in the place of the old one. */
  replace(row: Row): void {
    this.rows = this.rows.map((other) => (other.id === row.id ? row : other));
    this.changed();
  }

  /** Forget everything that was found. */
  clear(): void {
    this.running?.abort();
    this.running = null;
    [this.state, this.rows, this.asked, this.answer, this.failure] = ["idle", [], null, null, null];
    this.changed();
  }

  private async page(state: "loading" | "more", ask: Ask, cursor: string | null): Promise<void> {
    this.running?.abort();
    const run = (this.running = new AbortController());
    this.state = state;
    this.failure = null;
    this.changed();
    try {
      const answer = await this.read(ask, cursor, run.signal);
      if (this.running !== run) return;
      const known = new Set(this.rows.map(({ id }) => id));
      this.rows = [...this.rows, ...answer.items.filter(({ id }) => !known.has(id))];
      this.answer = answer;
      this.state = "ready";
    } catch (error) {
      if (this.running !== run) return;
      this.failure = failureOf(error);
      const failed = state === "more" ? "ready" : "failed";
      this.state = this.failure.status === 403 ? "forbidden" : failed;
    }
    this.changed();
  }
}

/** What became of a request. Throws on what is no failure of a request. */
export function failureOf(error: unknown): Failure {
  if (error instanceof NetworkError) return { status: 0, text: "", wait: null, fields: [] };
  if (!(error instanceof HttpError)) throw error;
  return { status: error.status, text: error.message, wait: error.retryAfter, fields: error.problem.errors ?? [] };
}
