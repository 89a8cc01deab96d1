import { describe, expect, it } from "vitest";
import { allows, expectedStatus, request } from "../src/lib/actions";
import { Announcer, INTERVAL } from "../src/lib/announcer";
import { afterDamage } from "../src/lib/clip";
import { detailFacts, generalFacts, summary } from "../src/lib/facts";
import { hitOf } from "../src/lib/hit";
import { conditions, fromQuery, matches, NO_FILTERS, query, toggled } from "../src/lib/filters";
import { clockTime, exactSpan, fullTime, span, toMillis } from "../src/lib/format";
import { half, translate, translateCode } from "../src/lib/i18n";
import { uuid } from "../src/lib/ids";
import { BINDINGS, keyName, press } from "../src/lib/keys";
import { isSuspected, type Status } from "../src/lib/model";
import type { ActionName, Operation } from "../src/lib/outbox";
import { AGAIN, Reminder } from "../src/lib/reminder";
import { parseRoute, routeHash } from "../src/lib/route";
import { scrollToShow, visibleSpan } from "../src/lib/virtual";
import { bestColumns } from "../src/lib/wall";
import { en } from "../src/lib/words.en";
import { vi } from "../src/lib/words.vi";
import { makeAlert } from "./make";

const HANOI = "Asia/Ho_Chi_Minh";
const at = Date.parse("2026-11-21T18:30:05.000Z");

describe("times", () => {
  it("are the site's, with the day where it is another", () => {
    expect(clockTime(at, HANOI, at)).toBe("01:30:05");
    expect(clockTime(at, HANOI, at - 3 * 3600_000)).toBe("22/11 01:30:05");
    expect(fullTime(at, HANOI)).toBe("22/11/2026 01:30:05");
    expect(clockTime(Number.NaN, HANOI, at)).toBe("–");
  });
  it("come as text or as seconds", () => {
    expect(toMillis("2026-11-21T18:30:05.000Z")).toBe(at);
    expect(toMillis(at / 1000)).toBe(at);
    expect(toMillis(null)).toBeNaN();
  });
  it.each([
    [-5, "0 giây"], [0, "0 giây"], [59.9, "59 giây"], [60, "1 phút"], [3599, "59 phút"], [3600, "1 giờ 00"], [7500, "2 giờ 05"], [200_000, "2 ngày"],
  ])("span of %d s: %s", (seconds, words) => expect(span(seconds, "vi")).toBe(words));
  it("exact spans have seconds where they matter", () => {
    expect(exactSpan(61, "vi")).toBe("1 phút 1 giây");
    expect(exactSpan(120, "en")).toBe("2 min");
  });
});

describe("words", () => {
  it("exist in both languages with the same places to fill", () => {
    const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).toSorted();
    for (const [key, text] of Object.entries(vi)) expect(places(en[key as keyof typeof vi]), key).toEqual(places(text));
  });
  it("of the server are taken in one language", () => {
    expect(["vi", "en"].map((language) => half("quá ngắn / too short", language as "vi" | "en"))).toEqual(["quá ngắn", "too short"]);
    expect([half("too short", "vi"), half("a / b / c", "vi")]).toEqual(["too short", "a / b / c"]);
  });
  it("of unknown codes are the codes", () => {
    expect(translateCode("vi", "kind", "landslide_risk")).toBe("landslide risk");
    expect(translate("en", "link.ago", { seconds: 3 })).toBe("3 s ago");
  });
});

describe("filters", () => {
  const fire = makeAlert("x", { kind: "fire", severity: "critical", status: "new" });
  it("of one field are alternatives, of several conditions", () => {
    expect(matches({ ...NO_FILTERS, kind: ["crowd", "fire"] }, fire)).toBe(true);
    expect(matches({ ...NO_FILTERS, kind: ["fire"], status: ["resolved"] }, fire)).toBe(false);
    expect(matches({ ...NO_FILTERS, active: true }, { ...fire, active: false })).toBe(false);
  });
  it("go into the address and back", () => {
    const filters = { ...toggled(toggled(NO_FILTERS, "kind", "fire"), "status", "new"), active: true };
    expect(fromQuery(query(filters))).toEqual(filters);
    expect(fromQuery([["nonsense", "1"]])).toEqual(NO_FILTERS);
    expect(conditions(filters)).toBe(3);
    expect(toggled(filters, "kind", "fire").kind).toEqual([]);
  });
});

describe("routes", () => {
  it.each([
    ["#/alerts/a%2F1?status=new", "alerts", "a/1"], ["#/wall", "wall", null], ["", "alerts", null], ["#/nonsense/1", "alerts", null], ["#/wall/%E0%A4%A", "wall", null],
  ])("%s", (hash, page, id) => expect(parseRoute(hash)).toMatchObject({ page, id }));
  it("survive the way there and back", () => {
    expect(parseRoute(routeHash("wall", "cổng/1", [["a", "b c"]]))).toEqual({ page: "wall", id: "cổng/1", query: [["a", "b c"]] });
  });
});

describe("the long list", () => {
  it("draws what is seen and a little more", () => {
    expect(visibleSpan(0, 800, 80, 10_000)).toEqual({ start: 0, end: 17, above: 0, below: (10_000 - 17) * 80 });
    const middle = visibleSpan(80_000, 800, 80, 10_000);
    expect([middle.start, middle.end]).toEqual([994, 1017]);
    expect(middle.above + (middle.end - middle.start) * 80 + middle.below).toBe(10_000 * 80);
  });
  it("draws the end when the list has become shorter than the scroll position", () => {
    expect(visibleSpan(80_000, 800, 80, 5)).toEqual({ start: 0, end: 5, above: 0, below: 0 });
  });
  it("scrolls only as far as it must", () => {
    expect([scrollToShow(3, 0, 800, 80), scrollToShow(20, 0, 800, 80), scrollToShow(1, 500, 800, 80)]).toEqual([0, 880, 80]);
  });
});

describe("the wall", () => {
  it.each([
    [9, 1900, 940, 3], [4, 1900, 940, 2], [16, 1900, 940, 4], [1, 1900, 940, 1], [9, 390, 700, 2], [3, 390, 700, 1], [100, 1900, 940, 6],
  ])("%i cameras in %i × %i: %i columns", (tiles, width, height, columns) => expect(bestColumns(tiles, width, height)).toBe(columns));
});

describe("keys", () => {
  it("are not given twice", () => {
    const keys = BINDINGS.flatMap((binding) => binding.keys);
    expect(new Set(keys).size).toBe(keys.length);
  });
  it.each([
    ["a", "", "acknowledge", ""], ["g", "", null, "g"], ["a", "g", "go_alerts", ""], ["x", "g", "false_alarm", ""], ["z", "", null, ""], ["?", "", "help", ""],
  ])("%s after '%s'", (name, prefix, command, next) => expect(press(name, prefix)).toEqual({ command, prefix: next }));
  it("reach the console through a Vietnamese input method and with caps lock", () => {
    expect(keyName({ key: "Process", code: "KeyA" })).toBe("a");
    expect(keyName({ key: "A", code: "KeyA" })).toBe("a");
    expect(keyName({ key: "ArrowDown", code: "ArrowDown" })).toBe("ArrowDown");
  });
});

describe("actions", () => {
  const alert = (status: Status) => makeAlert("x", { status, assignee: status === "in_progress" ? "truc1" : null });
  it.each<[Status, ActionName[]]>([
    ["new", ["acknowledge", "assign", "resolve", "false_alarm", "note"]],
    ["acknowledged", ["assign", "resolve", "false_alarm", "note"]],
    ["in_progress", ["resolve", "false_alarm", "note"]],
    ["resolved", ["reopen", "note"]],
    ["false_alarm", ["reopen", "note"]],
  ])("of an alert that is %s", (status, names) => {
    const all: ActionName[] = ["acknowledge", "assign", "resolve", "false_alarm", "reopen", "note"];
    expect(all.filter((name) => allows(alert(status), name, [], "truc1", "operator"))).toEqual(names);
    expect(all.filter((name) => allows(alert(status), name, [], "truc1", "viewer"))).toEqual([]);
  });
  it("count what waits to be sent, but not what was refused", () => {
    const waiting = { action: "acknowledge", state: "queued" } as Operation;
    expect(expectedStatus(alert("new"), [waiting])).toBe("acknowledged");
    expect(allows(alert("new"), "acknowledge", [waiting], "truc1", "operator")).toBe(false);
    expect(expectedStatus(alert("new"), [{ ...waiting, state: "failed" }])).toBe("new");
  });
  it("become requests", () => {
    const operation = { alert: "a/1", action: "false_alarm", note: "mèo" } as Operation;
    expect(request(operation)).toEqual({ path: "/alerts/a%2F1/false-alarm", body: { note: "mèo" } });
    expect(request({ ...operation, action: "note" }).path).toBe("/alerts/a%2F1/notes");
    expect(request({ ...operation, action: "assign", note: null, assignee: "truc1" }).body).toEqual({ assignee: "truc1" });
  });
});

const HIT = {
  plate: "98A12845", display: "98A-128.45", entry: "0b8f", pattern: "98A12345", match: "looks_like", suspected: true, likeness: 0.7,
  reason: "Xe bị trộm", case_number: "VA-2026/118", note: "không tự dừng xe", read: "5b0c", vehicle: "car", colour: "white",
};

describe("an alert in words", () => {
  it.each([
    ["parking", { label: "car", dwell_s: 61.2, limit_s: 60, suspected: true }, "ô tô, 1 phút 1 giây", ["ô tô", "1 phút 1 giây", "1 phút"]],
    ["parking", { label: "car", held_s: 38.4, limit_s: 15, suspected: true }, "ô tô, 38 giây", ["ô tô", "15 giây", "38 giây"]],
    ["parking", { label: "truck", limit_s: 15 }, "xe tải, quá 15 giây", ["xe tải", "15 giây"]],
    ["crowd", { count: 41, threshold: 30 }, "41 / 30 người", ["41", "30"]],
    ["crowd", { count: 41, threshold: 30, counted: "density" }, "khoảng 41 / 30 người",
      ["khoảng 41", "30", "ước lượng theo mật độ đầu người"]],
    ["crowd", { count: 9, threshold: 8, counted: "boxes" }, "9 / 8 người", ["9", "8", "từng người"]],
    ["dumping", { brought_by: "motorcycle", track: 7, suspected: true }, "bỏ lại từ xe máy", ["xe máy"]],
    ["camera", { fault: "lost", reason: "timeout" }, "mất tín hiệu camera: hết thời gian chờ", ["mất tín hiệu camera", "hết thời gian chờ"]],
    ["parking", { label: "car", limit_s: 15, plate: "98A12345" }, "ô tô, quá 15 giây", ["ô tô", "15 giây", "98A12345"]],
    ["plate", HIT, "Xe bị trộm", ["98A12845", "98A12345", "ô tô", "biển trắng"]],
    ["plate", { masked: true, suspected: false }, "chỉ công an xem được", []],
    ["flood", { water_share: 0.62, trend: "rising" }, "nước phủ 62 % lòng đường, nước đang dâng", ["62 %", "nước đang dâng"]],
    ["flood", { water_share: 0.9, trend: "steady", level: "medium", depth_cm: 25 }, "ngập vừa (20–40 cm)",
      ["90 %", "ngập vừa (20–40 cm)", "25 cm", "nước đứng"]],
    ["fire", { label: "smoke", call: "114" }, "khói", ["khói"]],
    ["dumping", { brought_by: "person", came_at: at / 1000 }, "bỏ lại từ người", ["người", "22/11/2026 01:30:05"]],
    ["camera", { fault: "defocused", sharpness: 0.42 }, "mất nét", ["mất nét", "42 %"]],
    ["landslide", { slope: 12, parts: [1] }, "", ["12", "[1]"]],
  ])("%s", (kind, detail, line, values) => {
    const alert = makeAlert("x", { kind, detail });
    expect(summary(alert, "vi")).toBe(line);
    expect(detailFacts(alert, "vi", HANOI).map((fact) => fact.value)).toEqual(values);
  });
  it.each<[string, Status, boolean]>([
    ["parking", "new", true], ["dumping", "in_progress", true], ["plate", "acknowledged", true], ["parking", "resolved", false], ["parking", "false_alarm", false], ["fire", "new", false],
  ])("%s, %s: suspected %s", (kind, status, suspected) => expect(isSuspected({ kind, status })).toBe(suspected));
  it("has no duration where it is a moment", () => {
    const labels = (kind: string) => generalFacts(makeAlert("x", { kind, closed_at: "2026-11-21T08:01:00.000Z" }), "vi", HANOI, at).map(({ label }) => label);
    expect(labels("plate")).toEqual(["Camera", "Vùng", "Báo lúc", "Độ tin cậy", "Người xử lý"]);
    expect(labels("parking")).toContain("Kéo dài");
  });
  it("says which plate of the list it only looks like", () => {
    expect(hitOf({ kind: "plate", detail: HIT })).toMatchObject({ alike: true, listed: "98A12345", reason: "Xe bị trộm", number: "VA-2026/118" });
    expect(hitOf({ kind: "plate", detail: { ...HIT, match: "exact", plate: "98A12345" } })).toMatchObject({ alike: false, listed: null });
    expect(hitOf({ kind: "plate", detail: { masked: true } })).toBeNull();
    expect(hitOf({ kind: "parking", detail: HIT })).toBeNull();
  });
});

describe("announcements", () => {
  it("name the worst, are not repeated and leave time to be heard", () => {
    const announcer = new Announcer();
    announcer.know([makeAlert("old")]);
    expect(announcer.add(makeAlert("old"))).toBe(false);
    announcer.add(makeAlert("x", { severity: "low" }));
    announcer.add(makeAlert("y", { severity: "critical" }));
    announcer.add(makeAlert("y", { severity: "critical" }));
    expect(announcer.take(0)).toMatchObject({ count: 2, worst: { id: "y" } });
    announcer.add(makeAlert("z"));
    expect(announcer.take(INTERVAL - 1)).toBeNull();
    expect(announcer.take(INTERVAL)).toMatchObject({ count: 1, worst: { id: "z" } });
    expect(announcer.take(10 * INTERVAL)).toBeNull();
  });
});

describe("the tone for critical alerts", () => {
  it("sounds again until somebody has acknowledged them all", () => {
    const reminder = new Reminder();
    expect(reminder.due(0, 0)).toBe(false);
    reminder.played(1_000);
    expect(reminder.due(1_000 + AGAIN - 1, 1)).toBe(false);
    expect(reminder.due(1_000 + AGAIN, 2)).toBe(true);
    expect(reminder.due(1_001 + AGAIN, 2)).toBe(false);
    expect(reminder.due(1_000 + 2 * AGAIN, 0)).toBe(false);
  });
});

it("ids are UUIDs of version 4, each another", () => {
  expect(uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuid()).not.toBe(uuid());
});

describe("a damaged clip", () => {
  it.each([
    // code, at, duration, jumps, last, goes on at
    [3, 3.4, 33, 0, null, 3.9],
    [3, 3.9, 33, 1, 3.9, 4.4],
    [3, 0, 33, 2, 8, 8.5],
    [3, 32.8, 33, 0, null, null],
    [3, 3.4, 33, 60, 3, null],
    [3, 3.4, Number.NaN, 0, null, null],
    [4, 0, 33, 0, null, null],
  ])("error %d at %d of %d s after %d jumps, last to %s: on at %s", (code, at, duration, jumps, last, next) => {
    expect(afterDamage(code, at, duration, jumps, last)).toBe(next);
  });
});
