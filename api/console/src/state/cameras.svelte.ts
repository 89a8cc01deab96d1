/** Cameras, their health, their live pictures and the count series of their zones. */
import { SvelteMap } from "svelte/reactivity";
import { HttpError, NetworkError } from "../lib/http";
import type { Camera, CameraStatus, CountPoint } from "../lib/model";
import { Pictures } from "../lib/pictures";
import { toMillis } from "../lib/format";
import { http } from "./session.svelte";

/** Points kept of one series: an hour at one every ten seconds. */
const MOST_POINTS = 360;
/** The label of the series that is drawn; a zone may also count how much of it is under water. */
const PEOPLE = "person";

export interface SeriesPoint {
  /** ms since the epoch. */
  at: number;
  count: number;
}

class Cameras {
  list = $state.raw<readonly Camera[]>([]);
  state = $state<"loading" | "ready" | "error">("loading");
  readonly status = new SvelteMap<string, CameraStatus>();
  readonly series = new SvelteMap<string, readonly SeriesPoint[]>();
  readonly pictures = new Pictures();
  /** Told of the cameras whose pictures are wanted now. */
  onWatch: (cameras: readonly string[]) => void = () => undefined;
  private readonly wanted = new Map<string, number>();
  private told = false;

  find(id: string): Camera | undefined {
    return this.list.find((camera) => camera.id === id);
  }

  async reload(): Promise<void> {
    try {
      const { items } = await http.json<{ items: Camera[] }>("/cameras");
      this.list = items;
      for (const camera of items) if (camera.status) this.status.set(camera.id, camera.status);
      this.state = "ready";
    } catch (error) {
      if (!(error instanceof HttpError) && !(error instanceof NetworkError)) throw error;
      if (this.list.length === 0) this.state = "error";
    }
  }

  takeStatus(camera: string, status: CameraStatus): void {
    this.status.set(camera, status);
    if (!this.find(camera)) void this.reload();
  }

  takeCount(point: CountPoint): void {
    if (point.label !== PEOPLE) return;
    const key = seriesKey(point.camera, point.zone);
    const known = this.series.get(key) ?? [];
    const at = toMillis(point.at);
    if (known.length && at <= known.at(-1)!.at) return;
    this.series.set(key, [...known, { at, count: point.count }].slice(-MOST_POINTS));
  }

  /** Read the series of one zone. */
  async readSeries(camera: string, zone: string | null): Promise<void> {
    const ask: [string, string][] = [["camera", camera], ["label", PEOPLE], ["limit", String(MOST_POINTS)]];
    if (zone) ask.push(["zone", zone]);
    try {
      const { items } = await http.json<{ items: CountPoint[] }>("/counts", { query: ask });
      const points = items.map((item) => ({ at: toMillis(item.at), count: item.count }));
      this.series.set(seriesKey(camera, zone), points.toSorted((a, b) => a.at - b.at));
    } catch (error) {
      if (!(error instanceof HttpError) && !(error instanceof NetworkError)) throw error;
    }
  }

  /** Want the pictures of a camera until the returned function is called. */
  want(camera: string): () => void {
    this.change(camera, 1);
    return () => this.change(camera, -1);
  }

  /** The cameras whose pictures are wanted. */
  get watched(): string[] {
    return [...this.wanted].filter(([, times]) => times > 0).map(([camera]) => camera);
  }

  private change(camera: string, by: number): void {
    this.wanted.set(camera, (this.wanted.get(camera) ?? 0) + by);
    if (this.told) return;
    this.told = true;
    queueMicrotask(() => {
      this.told = false;
      this.onWatch(this.watched);
    });
  }
}

/** Key of a zone's series. */
export function seriesKey(camera: string, zone: string | null): string {
  return `${camera}/${zone ?? ""}`;
}

export const cameras = new Cameras();
