/** Reads and entries for the tests. */
import type { PlateRead, WatchEntry } from "../src/lib/model";

export function makeRead(id: string, change: Partial<PlateRead> = {}): PlateRead {
  return {
    id, site: "bac-ninh", camera: "gate", camera_name: "Cổng chính", at: "2026-11-21T08:30:00.250Z", text: "98A12345", display: "98A-123.45",
    raw: "98A12345", pattern: "CAR", confidence: 0.97, alternatives: [], colour: "white", lines: 1, vehicle: "car",
    direction: null, box: null, evidence: [], match: null, ...change,
  };
}

export function makeEntry(id: string, change: Partial<WatchEntry> = {}): WatchEntry {
  return {
    id, text: "98A12345", display: "98A-123.45", match: "exact", reason: "Xe bị trộm", case_number: "VA-2026/118", severity: "high", note: null,
    valid_until: "2026-12-31T17:00:00.000Z", cameras: null, active: true, min_confidence: 0.8, cooldown_s: 300, author: "csgt1",
    created_at: "2026-11-20T08:00:00.000Z", updated_at: "2026-11-20T08:00:00.000Z", revision: 0, expired: false, hits: 0, last_hit_at: null, ...change,
  };
}
