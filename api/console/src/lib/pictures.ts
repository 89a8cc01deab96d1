/**
 * The freshest picture of each camera. One picture per camera is decoded at a time; what arrives meanwhile replaces what
 * waits, so that a slow machine shows fewer pictures, never older ones.
 */
import type { LiveBox, LivePicture } from "./wire";

export interface Shown {
  image: ImageBitmap;
  boxes: readonly LiveBox[];
  /** Capture time, ms since the epoch. */
  at: number;
}

export type Decode = (jpeg: Uint8Array<ArrayBuffer>) => Promise<ImageBitmap>;
type Listener = (shown: Shown) => void;

const decodeJpeg: Decode = (jpeg) => createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));

export class Pictures {
  /** Pictures that could not be decoded. */
  broken = 0;
  private readonly shown = new Map<string, Shown>();
  private readonly waiting = new Map<string, LivePicture>();
  private readonly busy = new Set<string>();
  private readonly listeners = new Map<string, Set<Listener>>();

  constructor(private readonly decode: Decode = decodeJpeg) {}

  latest(camera: string): Shown | undefined {
    return this.shown.get(camera);
  }

  /** Be told of each new picture of a camera, and of the last one at once. Returns how to stop. */
  listen(camera: string, listener: Listener): () => void {
    const listeners = this.listeners.get(camera) ?? new Set();
    this.listeners.set(camera, listeners.add(listener));
    const last = this.shown.get(camera);
    if (last) listener(last);
    return () => listeners.delete(listener);
  }

  /** A picture has come. Nobody looks: it is not decoded. */
  offer(picture: LivePicture): void {
    if (!this.listeners.get(picture.camera)?.size) return;
    this.waiting.set(picture.camera, picture);
    if (!this.busy.has(picture.camera)) void this.work(picture.camera);
  }

  private async work(camera: string): Promise<void> {
    this.busy.add(camera);
    try {
      for (let next = this.take(camera); next; next = this.take(camera)) {
        const image = await this.tryDecode(next);
        if (image) this.show(camera, { image, boxes: next.boxes, at: next.at });
      }
    } finally {
      this.busy.delete(camera);
    }
  }

  private async tryDecode(picture: LivePicture): Promise<ImageBitmap | null> {
    try {
      return await this.decode(picture.jpeg);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.broken += 1;
      return null;
    }
  }

  private take(camera: string): LivePicture | undefined {
    const next = this.waiting.get(camera);
    this.waiting.delete(camera);
    return next;
  }

  private show(camera: string, shown: Shown): void {
    const old = this.shown.get(camera);
    this.shown.set(camera, shown);
    this.listeners.get(camera)?.forEach((listener) => listener(shown));
    old?.image.close();
  }
}
