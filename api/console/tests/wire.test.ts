import { describe, expect, it } from "vitest";
import { decodePicture, WireError } from "../src/lib/wire";

/** A message as `ioc.core.wire.encode_picture` makes it. */
function message(header: unknown, jpeg: number[] = [0xff, 0xd8, 0xff, 0xd9], length?: number): ArrayBuffer {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(4 + text.length + jpeg.length);
  new DataView(bytes.buffer).setUint32(0, length ?? text.length);
  bytes.set(text, 4);
  bytes.set(jpeg, 4 + text.length);
  return bytes.buffer;
}

describe("a live picture", () => {
  it("is decoded", () => {
    const picture = decodePicture(message({ camera: "gate", at: 12.5, boxes: [["car", 7, 0.1, 0.2, 0.3, 0.4], ["person", null, 0, 0, 1, 1]] }));
    expect(picture.camera).toBe("gate");
    expect(picture.at).toBe(12_500);
    expect(picture.boxes).toEqual([["car", 7, 0.1, 0.2, 0.3, 0.4], ["person", null, 0, 0, 1, 1]]);
    expect([...picture.jpeg]).toEqual([0xff, 0xd8, 0xff, 0xd9]);
  });

  it("loses boxes that are none, not the picture", () => {
    expect(decodePicture(message({ camera: "gate", at: 1, boxes: [["car", 1, 0.1], null, ["a", 1, "x", 0, 0, 0]] })).boxes).toEqual([]);
    expect(decodePicture(message({ camera: "gate", at: 1 })).boxes).toEqual([]);
  });

  it.each([
    ["empty", new ArrayBuffer(0)],
    ["shorter than its length field", new ArrayBuffer(3)],
    ["header longer than the message", message({ camera: "gate", at: 1 }, [0xff, 0xd8], 9_999)],
    ["no JPEG", message({ camera: "gate", at: 1 }, [0x89, 0x50])],
    ["no picture at all", message({ camera: "gate", at: 1 }, [])],
    ["broken JSON", message("{")],
    ["JSON that is no object", message("3")],
    ["no camera", message({ at: 1 })],
    ["time as text", message({ camera: "gate", at: "now" })],
  ])("is refused: %s", (_, bytes) => {
    expect(() => decodePicture(bytes)).toThrow(WireError);
  });
});
