import { describe, expect, it } from "vitest";
import { Http, HttpError, NetworkError } from "../src/lib/http";

function server(status: number, body: string, headers: Record<string, string> = {}) {
  const calls: [string, RequestInit][] = [];
  const http = new Http(async (input, init) => {
    calls.push([input, init]);
    return new Response(status === 204 ? null : body, { status, headers });
  });
  return { http, calls };
}

describe("requests", () => {
  it("carry the CSRF token where they change something, and the query", async () => {
    const { http, calls } = server(200, "{}");
    http.csrf = "t";
    await http.json("/alerts", { query: [["kind", "fire"], ["kind", "flood"]] });
    await http.json("/alerts/x/notes", { method: "POST", body: { note: "ạ" } });
    expect(calls.map(([url]) => url)).toEqual(["/api/v1/alerts?kind=fire&kind=flood", "/api/v1/alerts/x/notes"]);
    const sent = calls.map(([, init]) => (init.headers as Record<string, string>)["X-CSRF-Token"]);
    expect(sent).toEqual([undefined, "t"]);
    expect(calls[1]?.[1].body).toBe('{"note":"ạ"}');
  });

  it("that are refused say why", async () => {
    const { http } = server(429, '{"title":"Too many","detail":"wait 7 s"}', { "Retry-After": "7" });
    await expect(http.json("/session")).rejects.toMatchObject({ status: 429, message: "wait 7 s", retryAfter: 7 });
  });

  it("understand a proxy's page", async () => {
    const { http } = server(502, "<html>Bad gateway</html>");
    const failure = await http.json("/alerts").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(HttpError);
    expect((failure as HttpError).message).toBe("HTTP 502");
  });

  it("tell of an expired session, except the question whether there is one", async () => {
    const { http } = server(401, "{}");
    let expired = 0;
    http.onExpired = () => (expired += 1);
    await http.json("/session").catch(() => undefined);
    await http.json("/alerts").catch(() => undefined);
    expect(expired).toBe(1);
  });

  it("without an answer, or with half of one, are network errors", async () => {
    const away = new Http(async () => {
      throw new TypeError("failed to fetch");
    });
    await expect(away.json("/alerts")).rejects.toBeInstanceOf(NetworkError);
    await expect(server(200, '{"items":[').http.json("/alerts")).rejects.toBeInstanceOf(NetworkError);
    await expect(server(204, "").http.json("/session")).resolves.toBeUndefined();
  });
});
