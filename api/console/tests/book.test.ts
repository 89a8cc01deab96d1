import { describe, expect, it } from "vitest";
import { AlertBook, MOST_HELD } from "../src/lib/book";
import { NO_FILTERS } from "../src/lib/filters";
import { makeAlert, makeAlerts } from "./make";

function bookOf(count: number, cursor: string | null = null): AlertBook {
  const book = new AlertBook();
  book.replace({ items: makeAlerts(count), next_cursor: cursor, total: count });
  return book;
}
const later = (id: string, second = 1) => makeAlert(id, { opened_at: `2026-11-21T09:00:0${second}.000Z` });
const ids = (book: AlertBook) => book.rows.map((row) => row.id);

describe("new alerts", () => {
  it("stand at the top, newest first, whatever the order in which they come", () => {
    const book = bookOf(2);
    book.put(later("y", 2), false);
    book.put(later("x", 1), false);
    expect(ids(book)).toEqual(["y", "x", "a0002", "a0001"]);
  });

  it("are held back while the operator works in the list, and then shown", () => {
    const book = bookOf(2);
    const before = book.rows;
    expect(book.put(later("x"), true)).toBe("new");
    expect(book.rows).toBe(before);
    expect(book.heldCount).toBe(1);
    book.release();
    expect(ids(book)).toEqual(["x", "a0002", "a0001"]);
    expect(book.heldCount).toBe(0);
  });

  it("that come twice count once", () => {
    const book = bookOf(1);
    book.put(later("x"), true);
    expect(book.put({ ...later("x"), sequence: 1 }, true)).toBe("changed");
    book.release();
    book.put({ ...later("x"), sequence: 2 }, false);
    expect(ids(book)).toEqual(["x", "a0001"]);
    expect(book.rows[0]?.sequence).toBe(2);
  });

  it("beyond the most that are kept ask for a reload instead of being lost silently", () => {
    const book = bookOf(1);
    for (let n = 0; n <= MOST_HELD; n += 1) book.put(later(`x${n}`), true);
    expect(book.heldCount).toBe(MOST_HELD);
    expect(book.needsReload).toBe(true);
    book.replace({ items: makeAlerts(3), next_cursor: null, total: 3 });
    expect(book.needsReload).toBe(false);
  });

  it("that the filters exclude do not appear", () => {
    const book = bookOf(1);
    book.filters = { ...NO_FILTERS, kind: ["fire"] };
    expect(book.put(later("x"), false)).toBe("nothing");
    expect(book.put({ ...later("f"), kind: "fire" }, false)).toBe("new");
  });

  it("older than the last row loaded belong to a page that is not read yet", () => {
    const book = bookOf(2, "next");
    expect(book.put(makeAlert("old", { opened_at: "2026-11-20T00:00:00.000Z" }), false)).toBe("nothing");
    book.append({ items: [makeAlert("old", { opened_at: "2026-11-20T00:00:00.000Z" })], next_cursor: null, total: 3 });
    expect(ids(book)).toEqual(["a0002", "a0001", "old"]);
  });
});

describe("changes", () => {
  it.each([
    // revision, sequence, what becomes of a row in revision 1, sequence 1
    [2, 0, "changed"],
    [1, 2, "changed"],
    [1, 1, "changed"],
    [1, 0, "nothing"],
    [0, 9, "nothing"],
  ])("revision %i, sequence %i over (1, 1): %s", (revision, sequence, result) => {
    const book = new AlertBook();
    book.replace({ items: [makeAlert("x", { revision: 1, sequence: 1 })], next_cursor: null, total: 1 });
    expect(book.put(makeAlert("x", { revision, sequence }), true)).toBe(result);
  });

  it("keep a newer version than the one a slow page brings", () => {
    const book = bookOf(1);
    book.put({ ...book.rows[0]!, status: "acknowledged", revision: 1 }, false);
    book.replace({ items: makeAlerts(1), next_cursor: null, total: 1 });
    expect(book.rows[0]?.status).toBe("acknowledged");
  });

  it("leave a row that no longer passes the filters until it settles, and the opened one longer", () => {
    const book = bookOf(2);
    book.filters = { ...NO_FILTERS, status: ["new"] };
    for (const row of book.rows) book.put({ ...row, status: "resolved", revision: 1 }, false);
    expect(ids(book)).toEqual(["a0002", "a0001"]);
    book.settle("a0001");
    expect(ids(book)).toEqual(["a0001"]);
  });
});

describe("paging", () => {
  it("goes on by cursor, and by time after rows were dropped from the end", () => {
    const book = bookOf(5, "next");
    expect(book.nextPage()).toEqual([["cursor", "next"]]);
    book.trim(3);
    expect(ids(book)).toHaveLength(3);
    expect(book.nextPage()).toEqual([["until", book.rows[2]!.opened_at]]);
    book.append({ items: makeAlerts(5).slice(2), next_cursor: null, total: 5 });
    expect(ids(book)).toEqual(["a0005", "a0004", "a0003", "a0002", "a0001"]);
    expect(book.hasMore).toBe(false);
    expect(book.nextPage()).toEqual([]);
  });
});
