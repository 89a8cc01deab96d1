import { describe, expect, it } from "vitest";
import { missing, NO_CASE, restoreCase, storeCase } from "../src/lib/case-file";
import { gridStep } from "../src/lib/grid";
import { fromField, midnight, toField } from "../src/lib/local-time";
import { plateFace } from "../src/lib/plate-face";
import { matchWords, readFacts } from "../src/lib/plate-facts";
import { bare, bounds, EMPTY_FORM, faults, isComposed, placeOf, searchBody, type PlateForm } from "../src/lib/plate-query";
import { makeRead } from "./make-plates";

const HANOI = "Asia/Ho_Chi_Minh";
const NOW = Date.parse("2026-11-21T18:30:05.000Z"); // 01:30:05 of 22 November in Hà Nội
const CASE = { reason: "Truy tìm xe gây tai nạn", number: "VA-2026/118" };

describe("a plate's face", () => {
  it.each<[string, string | null, number | null, string[], string]>([
    // text, pattern, lines counted by the reader; lines drawn, in one line
    ["98A12345", "CAR", 1, ["98A-123.45"], "98A-123.45"],
    ["98A12345", "CAR", 2, ["98A", "123.45"], "98A-123.45"],
    ["98A12345", "MOTO_OLD4", 2, ["98-A1", "2345"], "98-A1 2345"],
    ["98A12345", null, null, ["98A-123.45"], "98A-123.45"],
    ["98C1234", "CAR_OLD4", 1, ["98C-1234"], "98C-1234"],
    ["98RM00123", "CAR_SERIES", 2, ["98RM", "001.23"], "98RM-001.23"],
    ["98LD00555", null, null, ["98LD-005.55"], "98LD-005.55"],
    ["98AA12345", "MOTO", 2, ["98-AA", "123.45"], "98-AA 123.45"],
    ["98AA12345", null, null, ["98-AA", "123.45"], "98-AA 123.45"],
    ["98B112345", null, 1, ["98-B1 123.45"], "98-B1 123.45"],
    ["98MĐ101658", "EMOTO", 2, ["98-MĐ1", "016.58"], "98-MĐ1 016.58"],
    ["80441NG02", "FOREIGN_CAR", 2, ["80-441", "NG-02"], "80-441-NG-02"],
    ["29121NN101", "FOREIGN_MOTO", 2, ["29-121", "NN-101"], "29-121 NN-101"],
    ["T9823588", "TEMPORARY", 1, ["T98-235.88"], "T98-235.88"],
    ["KA1234", "MILITARY", 2, ["KA", "12-34"], "KA-12-34"],
    ["98A1?3", null, null, ["98A1?3"], "98A1?3"],
    ["98A12345", "A_PATTERN_OF_TOMORROW", 1, ["98A-123.45"], "98A-123.45"],
    ["98AA12345", "CAR", 1, ["98AA12345"], "98AA12345"],
  ])("%s as %s with %s lines", (text, pattern, lines, drawn, line) => {
    expect(plateFace(text, { pattern, lines })).toMatchObject({ lines: drawn, text: line });
  });
  it("has the plate's colour, or none that is made up", () => {
    expect(plateFace("98A12345", { colour: "yellow" }).colour).toBe("yellow");
    expect(plateFace("98A12345", { colour: "purple" }).colour).toBeNull();
    expect(plateFace("80441NG02").redLetters).toBe(true);
    expect(plateFace("80441NN02").redLetters).toBe(false);
  });
});

describe("the site's clock in a field", () => {
  it("goes there and back", () => {
    expect(toField(NOW, HANOI)).toBe("2026-11-22T01:30");
    expect(fromField("2026-11-22T01:30", HANOI)).toBe(NOW - 5_000);
    expect(fromField("2026-11-22T01:30:05", HANOI)).toBe(NOW);
    expect([toField(null, HANOI), fromField("", HANOI), fromField("gần đây", HANOI)]).toEqual(["", null, null]);
  });
  it("knows summer time elsewhere", () => {
    expect(new Date(fromField("2026-07-01T12:00", "Europe/Berlin")!).toISOString()).toBe("2026-07-01T10:00:00.000Z");
    expect(new Date(fromField("2026-10-25T12:00", "Europe/Berlin")!).toISOString()).toBe("2026-10-25T11:00:00.000Z");
  });
  it("begins the day there, not in Greenwich", () => {
    expect(new Date(midnight(NOW, HANOI)).toISOString()).toBe("2026-11-21T17:00:00.000Z");
  });
});

describe("the case", () => {
  it("is complete or says what is missing", () => {
    expect(missing(NO_CASE)).toEqual(["reason", "number"]);
    expect(missing({ reason: " ", number: "1" })).toEqual(["reason"]);
    expect(missing(CASE)).toEqual([]);
  });
  it("comes back for its own user only", () => {
    expect(restoreCase(storeCase(CASE, "csgt1"), "csgt1")).toEqual(CASE);
    expect(restoreCase(storeCase(CASE, "csgt1"), "csgt2")).toEqual(NO_CASE);
    for (const broken of [null, "", "{", "null", "3", '{"reason": 1, "number": "x", "username": "csgt1"}']) {
      expect(restoreCase(broken, "csgt1")).toEqual(NO_CASE);
    }
  });
});

describe("the conditions", () => {
  const form = (change: Partial<PlateForm>): PlateForm => ({ ...EMPTY_FORM, ...change });
  it.each([
    ["98a-123.45", "98A12345"], ["98-mđ1 016.58", "98MĐ101658"], ["98A-12?.*", "98A12?*"], ["  ", ""], ["98-MĐ1 016.58", "98MĐ101658"],
    // Telex: the keys A S, A A, A X, U W, A A S
    ["98-Á 123.45", "98AS12345"], ["98-â 123.45", "98AA12345"], ["98-ã 123.45", "98AX12345"], ["98-ư 1", "98UW1"], ["98-ấ 1", "98AAS1"],
  ])("%s is taken as %s", (typed, text) => expect(bare(typed)).toBe(text));
  it("tells when an input method has changed them", () => {
    expect(["98-Á 1", "98-\u0041\u0301", "98-AS 1", "98-MĐ1", ""].map(isComposed)).toEqual([true, true, false, false, false]);
  });
  it.each<[string, Partial<PlateForm>, string[]]>([
    ["all is well", { text: "98A-123.45" }, []],
    ["only a time", {}, []],
    ["no bound at all", { range: "all" }, ["search.text.needed"]],
    ["nothing that stands on a plate", { text: "..." }, ["search.text.none"]],
    ["a star alone", { text: "9*" }, ["search.text.short.wildcard"]],
    ["five stars", { text: "9*8*A*1*2*" }, ["search.text.stars"]],
    ["too short to be alike", { text: "98A", match: "looks_like" }, ["search.text.short.looks_like"]],
    ["too short a part", { text: "9", match: "partial" }, ["search.text.short.partial"]],
    ["times missing", { range: "custom" }, ["search.time.missing", "search.time.missing"]],
    ["times reversed", { range: "custom", since: "2026-11-22T10:00", until: "2026-11-22T10:00" }, ["search.time.order"]],
  ])("%s", (_, change, words) => expect(faults(form(change), CASE, HANOI).map(({ word }) => word)).toEqual(words));
  it("need a case first", () => {
    expect(faults(form({ text: "98A12345" }), { reason: "xe", number: "" }, HANOI).map(({ place }) => place)).toEqual(["reason", "number"]);
  });
  it.each<[PlateForm["range"], string | null]>([
    ["hour", "2026-11-21T17:30:05.000Z"], ["today", "2026-11-21T17:00:00.000Z"], ["day", "2026-11-20T18:30:05.000Z"], ["week", "2026-11-14T18:30:05.000Z"], ["all", null],
  ])("%s begins at %s", (range, since) => {
    const [from, to] = bounds(form({ range }), NOW, HANOI);
    expect(from === null ? null : new Date(from).toISOString()).toBe(since);
    expect(to).toBe(since === null ? null : NOW);
  });
  it("become the request's body", () => {
    const body = searchBody(form({ text: "98a-12?.45", match: "looks_like", camera: ["gate"], colour: ["white"] }), { ...CASE, number: " VA-2026/118 " }, NOW, HANOI, 48);
    expect(body).toEqual({
      text: "98A12?45", match: "wildcard", since: "2026-11-20T18:30:05.000Z", until: "2026-11-21T18:30:05.000Z", camera: ["gate"], vehicle: [],
      colour: ["white"], limit: 48, cursor: null, reason: CASE.reason, case_number: "VA-2026/118",
    });
    expect(searchBody(form({}), CASE, NOW, HANOI, 48)).toMatchObject({ text: null, match: null });
    expect(searchBody(form({ text: "98A12345", match: "partial" }), CASE, NOW, HANOI, 48).match).toBe("partial");
  });
  it("are found again by the server's complaints", () => {
    expect(["body.reason", "body.case_number", "body.text", "body.since", "body.camera.0", "body.cursor", ""].map(placeOf)).toEqual([
      "reason", "number", "text", "since", "camera", null, null,
    ]);
  });
});

describe("moving through the pictures", () => {
  it.each([
    // key, from, columns, cells, to
    ["ArrowRight", -1, 4, 10, 0], ["End", -1, 4, 10, 9], ["ArrowRight", 3, 4, 10, 4], ["ArrowRight", 9, 4, 10, 9], ["ArrowLeft", 0, 4, 10, 0],
    ["ArrowDown", 1, 4, 10, 5], ["ArrowDown", 7, 4, 10, 9], ["ArrowDown", 8, 4, 10, 8], ["ArrowUp", 2, 4, 10, 2], ["ArrowUp", 9, 4, 10, 5],
    ["Home", 7, 4, 10, 0], ["PageDown", 0, 2, 10, 6], ["j", 0, 4, 10, 1], ["k", 1, 4, 10, 0], ["x", 1, 4, 10, null], ["ArrowDown", -1, 4, 0, null],
  ])("%s from %i in %i columns of %i", (key, index, columns, cells, to) => expect(gridStep(key, index, columns, cells)).toBe(to));
});

describe("a read in words", () => {
  it("says all that an officer asks", () => {
    const read = makeRead("r", { raw: "98A1Z345", lines: 2, direction: "away", pattern: null, colour: null });
    expect(readFacts(read, "vi", HANOI).map(({ value }) => value)).toEqual([
      "Cổng chính", "21/11/2026 15:30:00", "97 %", "không theo dạng biển nào", "không rõ màu biển", "biển hai dòng", "ô tô", "đi xa camera", "98A1Z345",
    ]);
  });
  it("says why it was found", () => {
    const match = (where: "text" | "raw" | "alternative", exchanges: number) => matchWords(makeRead("r", { match: { where, text: "98B12345", exchanges, likeness: 0.7 } }), "vi");
    expect(match("text", 0)).toBe("");
    expect(match("text", 1)).toBe("lệch 1 ký tự");
    expect(match("alternative", 2)).toBe("cách đọc khác: 98B-123.45, lệch 2 ký tự");
    expect(matchWords(makeRead("r"), "vi")).toBe("");
  });
});
