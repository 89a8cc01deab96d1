import { describe, expect, it } from "vitest";
import { Pictures } from "../src/lib/pictures";
import type { LivePicture } from "../src/lib/wire";

const picture = (camera: string, at: number): LivePicture => ({ camera, at, boxes: [], jpeg: new Uint8Array([at]) });
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

class Bitmap {
  closed = false;
  constructor(readonly at: number) {}
  close(): void {
    this.closed = true;
  }
}

describe("pictures", () => {
  it("are decoded one at a time; what waits is replaced by what is newer", async () => {
    const begun: number[] = [];
    let finish: (() => void)[] = [];
    const pictures = new Pictures((jpeg) => {
      begun.push(jpeg[0]!);
      return new Promise((resolve) => finish.push(() => resolve(new Bitmap(jpeg[0]!) as unknown as ImageBitmap)));
    });
    const seen: number[] = [];
    pictures.listen("gate", ({ at }) => seen.push(at));
    for (const at of [1, 2, 3]) pictures.offer(picture("gate", at));
    expect(begun).toEqual([1]);
    finish.shift()!();
    await settle();
    expect(begun).toEqual([1, 3]);
    finish.shift()!();
    await settle();
    expect(seen).toEqual([1, 3]);
  });

  it("are not decoded while nobody looks, and free the memory of the one before", async () => {
    const made: Bitmap[] = [];
    const pictures = new Pictures(async (jpeg) => {
      made.push(new Bitmap(jpeg[0]!));
      return made.at(-1) as unknown as ImageBitmap;
    });
    pictures.offer(picture("gate", 1));
    await settle();
    expect(made).toHaveLength(0);
    const stop = pictures.listen("gate", () => undefined);
    for (const at of [2, 3]) {
      pictures.offer(picture("gate", at));
      await settle();
    }
    expect(made.map(({ at, closed }) => [at, closed])).toEqual([[2, true], [3, false]]);
    stop();
    pictures.offer(picture("gate", 4));
    await settle();
    expect(made).toHaveLength(2);
  });

  it("that are broken are counted and skipped", async () => {
    const pictures = new Pictures(async (jpeg) => {
      if (jpeg[0] === 1) throw new DOMException("cannot be decoded");
      return new Bitmap(jpeg[0]!) as unknown as ImageBitmap;
    });
    const seen: number[] = [];
    pictures.listen("gate", ({ at }) => seen.push(at));
    pictures.offer(picture("gate", 1));
    await settle();
    pictures.offer(picture("gate", 2));
    await settle();
    expect([pictures.broken, seen]).toEqual([1, [2]]);
  });
});
