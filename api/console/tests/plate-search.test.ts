import { describe, expect, it } from "vitest";
import { HttpError, NetworkError } from "../src/lib/http";
import { failureOf, Search, type Page } from "../src/lib/plate-search";
import { formOf, NEW_WATCH, watchBody, watchFaults, watchState } from "../src/lib/watch-form";
import { makeEntry } from "./make-plates";

interface Row {
  id: string;
}

/** A server whose answers the test gives when it wants. */
function rig() {
  const asked: { ask: string; cursor: string | null; signal: AbortSignal; give: (page: Page<Row>) => void; refuse: (error: unknown) => void }[] = [];
  let changes = 0;
  const search = new Search<string, Row>(
    (ask, cursor, signal) => new Promise((give, refuse) => asked.push({ ask, cursor, signal, give, refuse })),
    () => (changes += 1),
  );
  return { search, asked, changes: () => changes };
}
const page = (ids: string[], next_cursor: string | null = null): Page<Row> => ({ items: ids.map((id) => ({ id })), next_cursor });
const ids = (search: Search<string, Row>) => search.rows.map(({ id }) => id).join(" ");

describe("a search", () => {
  it("shows what it was asked for, page by page, each row once", async () => {
    const { search, asked } = rig();
    const first = search.begin("a");
    expect(search.state).toBe("loading");
    asked[0]!.give(page(["1", "2"], "next"));
    await first;
    expect([search.state, ids(search), search.hasMore]).toEqual(["ready", "1 2", true]);
    const second = search.more();
    void search.more(); // one page at a time
    asked[1]!.give(page(["2", "3"]));
    await second;
    expect(asked.map(({ ask, cursor }) => [ask, cursor])).toEqual([["a", null], ["a", "next"]]);
    expect([search.state, ids(search), search.hasMore]).toEqual(["ready", "1 2 3", false]);
    await search.more();
    expect(asked).toHaveLength(2);
  });

  it("forgets an older one that is still on its way", async () => {
    const { search, asked } = rig();
    const [older, newer] = [search.begin("a"), search.begin("b")];
    expect(asked[0]!.signal.aborted).toBe(true);
    asked[1]!.give(page(["new"]));
    asked[0]!.give(page(["old"]));
    await Promise.all([older, newer]);
    expect([search.asked, ids(search)]).toEqual(["b", "new"]);
  });

  it.each([
    [new NetworkError(), "failed", 0], [new HttpError(503, {}), "failed", 503], [new HttpError(403, {}), "forbidden", 403],
  ])("that fails with %s says so", async (error, state, status) => {
    const { search, asked } = rig();
    const done = search.begin("a");
    asked[0]!.refuse(error);
    await done;
    expect([search.state, search.failure?.status]).toEqual([state, status]);
  });

  it("keeps what it has when a later page fails, and can go on", async () => {
    const { search, asked } = rig();
    const first = search.begin("a");
    asked[0]!.give(page(["1"], "next"));
    await first;
    const second = search.more();
    asked[1]!.refuse(new NetworkError());
    await second;
    expect([search.state, ids(search), search.failure?.status]).toEqual(["ready", "1", 0]);
    const again = search.more();
    asked[2]!.give(page(["2"]));
    await again;
    expect([ids(search), search.failure]).toEqual(["1 2", null]);
  });

  it("leaves nothing behind when it is cleared, not even what comes late", async () => {
    const { search, asked, changes } = rig();
    const done = search.begin("a");
    search.clear();
    const told = changes();
    asked[0]!.give(page(["1"]));
    await done;
    expect([search.state, ids(search), search.asked, changes()]).toEqual(["idle", "", null, told]);
  });

  it("takes a changed row in the old one's place", async () => {
    const { search, asked } = rig();
    const done = search.begin("a");
    asked[0]!.give(page(["1", "2"]));
    await done;
    const changed = { id: "1", note: "x" };
    search.replace(changed);
    expect(search.rows).toEqual([changed, { id: "2" }]);
  });

  it("does not hide a mistake of the page itself", () => {
    expect(() => failureOf(new TypeError("x"))).toThrow(TypeError);
    const errors = [{ path: "body.text", message: "quá ngắn / too short" }];
    expect(failureOf(new HttpError(422, { errors }))).toEqual({ status: 422, text: "HTTP 422", wait: null, fields: errors });
  });
});

describe("a plate to watch", () => {
  const HANOI = "Asia/Ho_Chi_Minh";
  const now = Date.parse("2026-11-21T08:00:00.000Z");
  const full = { ...NEW_WATCH, text: "98a-123.45", reason: "Xe bị trộm", number: "VA-2026/118" };

  it("says what is missing", () => {
    expect(watchFaults(NEW_WATCH, now, HANOI).map(({ place }) => place)).toEqual(["text", "reason", "number"]);
    expect(watchFaults(full, now, HANOI)).toEqual([]);
    expect(watchFaults({ ...full, text: "98A", match: "looks_like" }, now, HANOI)).toHaveLength(1);
    expect(watchFaults({ ...full, text: "9*" }, now, HANOI)).toHaveLength(1);
    expect(watchFaults({ ...full, valid: "custom" }, now, HANOI)).toEqual([{ place: "until", word: "search.time.missing" }]);
    expect(watchFaults({ ...full, valid: "custom", until: "2026-11-21T14:59" }, now, HANOI)).toEqual([{ place: "until", word: "watch.past" }]);
  });

  it("becomes a request and comes back to the form unchanged", () => {
    expect(watchBody(full, now, HANOI)).toEqual({
      text: "98A12345", match: "exact", reason: "Xe bị trộm", case_number: "VA-2026/118", severity: "high", note: null,
      valid_until: "2026-12-21T08:00:00.000Z", cameras: null, min_confidence: 0.8, cooldown_s: 300,
    });
    expect(watchBody({ ...full, text: "98A*", match: "looks_like", valid: "forever", cameras: ["gate"] }, now, HANOI)).toMatchObject({
      text: "98A*", match: "exact", valid_until: null, cameras: ["gate"],
    });
    const entry = makeEntry("e", { note: "báo đội 1", cooldown_s: 600 });
    const { active, ...rest } = entry;
    expect(active).toBe(true);
    expect(rest).toMatchObject(watchBody(formOf(entry, HANOI), now, HANOI));
  });

  it.each([
    [{ active: true }, "active"], [{ active: false }, "inactive"], [{ expired: true }, "expired"], [{ valid_until: "2026-11-21T07:00:00.000Z" }, "expired"], [{ valid_until: null }, "active"],
  ])("%o: %s", (change, state) => expect(watchState(makeEntry("e", change), now)).toBe(state));
});
