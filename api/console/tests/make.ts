/** Values for the tests. */
import type { Alert } from "../src/lib/model";

export function makeAlert(id: string, change: Partial<Alert> = {}): Alert {
  return {
    id,
    site: "bac-ninh",
    camera: "gate",
    camera_name: "Cổng chính",
    kind: "parking",
    subject: "kerb:1",
    zone: "kerb",
    zone_name: "Lề đường",
    severity: "medium",
    confidence: 0.8,
    started_at: "2026-11-21T08:00:00.000Z",
    opened_at: "2026-11-21T08:01:00.000Z",
    closed_at: null,
    updated_at: "2026-11-21T08:01:00.000Z",
    active: true,
    status: "new",
    assignee: null,
    revision: 0,
    sequence: 0,
    box: null,
    detail: {},
    evidence: [],
    evidence_missing: null,
    ...change,
  };
}

/** `count` alerts, newest first, one second apart. */
export function makeAlerts(count: number): Alert[] {
  const newest = Date.parse("2026-11-21T08:00:00.000Z");
  return Array.from({ length: count }, (_, index) =>
    makeAlert(`a${String(count - index).padStart(4, "0")}`, { opened_at: new Date(newest - index * 1000).toISOString() }),
  );
}
