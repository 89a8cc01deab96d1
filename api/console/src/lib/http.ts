/** Requests to the operations API: one place for the session, the CSRF token, time limits and problem+json. */

export interface Problem {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  /** What is wrong with which field. */
  errors?: readonly { path: string; message: string }[];
}

/** The server answered, but not with what was asked for. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
    /** Seconds to wait, where the server says so. */
    readonly retryAfter: number | null = null,
  ) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.name = "HttpError";
  }
}

/** No answer came: no network, no server, or none in time. */
export class NetworkError extends Error {
  override name = "NetworkError";
}

export interface Ask {
  method?: string;
  query?: readonly (readonly [string, string])[];
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

const PREFIX = "/api/v1";
/** Milliseconds after which a request without an answer counts as lost. */
const LIMIT = 12_000;

export class Http {
  /** Proves that an unsafe request comes from this page. */
  csrf = "";
  /** Called when the server no longer knows the session. */
  onExpired: () => void = () => undefined;

  constructor(private readonly send: Fetch = (input, init) => fetch(input, init)) {}

  /** The JSON answer. Throws {@link HttpError} or {@link NetworkError}. */
  async json<T>(path: string, ask: Ask = {}): Promise<T> {
    const response = await this.ask(path, ask);
    return (response.status === 204 ? undefined : await readJson(response)) as T;
  }

  private async ask(path: string, ask: Ask): Promise<Response> {
    const search = ask.query?.length ? `?${new URLSearchParams(ask.query.map(([name, value]) => [name, value]))}` : "";
    const method = ask.method ?? "GET";
    const headers: Record<string, string> = { Accept: "application/json", ...ask.headers };
    if (ask.body !== undefined) headers["Content-Type"] = "application/json";
    if (method !== "GET" && this.csrf) headers["X-CSRF-Token"] = this.csrf;
    const limit = AbortSignal.timeout(LIMIT);
    const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
    init.signal = ask.signal ? AbortSignal.any([ask.signal, limit]) : limit;
    if (ask.body !== undefined) init.body = JSON.stringify(ask.body);
    let response: Response;
    try {
      response = await this.send(`${PREFIX}${path}${search}`, init);
    } catch (error) {
      if (ask.signal?.aborted) throw error;
      throw new NetworkError(String(error));
    }
    if (response.ok) return response;
    const failure = new HttpError(response.status, await readProblem(response), waitOf(response));
    if (response.status === 401 && path !== "/session") this.onExpired();
    throw failure;
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw new NetworkError(`broken answer: ${String(error)}`);
  }
}

async function readProblem(response: Response): Promise<Problem> {
  try {
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    return {}; // a proxy's page instead of a problem document: the status says enough
  }
}

function waitOf(response: Response): number | null {
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return Number.isFinite(seconds) ? seconds : null;
}
