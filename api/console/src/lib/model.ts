/** The values of the operations API that the console uses. */

export type Status = "new" | "acknowledged" | "in_progress" | "resolved" | "false_alarm";
export type Severity = "low" | "medium" | "high" | "critical";
export type CameraState = "live" | "degraded" | "lost";
export type Role = "viewer" | "operator" | "police" | "admin";

export const STATUSES: readonly Status[] = ["new", "acknowledged", "in_progress", "resolved", "false_alarm"];
/** From the most urgent to the least. */
export const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low"];

/** Fractions 0..1 of the picture. */
export interface Box {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

export interface Evidence {
  role: string;
  url: string;
  media_type: string;
  sha256: string;
  bytes: number;
  at: string;
  duration: number | null;
}

export interface Alert {
  id: string;
  site: string;
  camera: string;
  camera_name: string;
  kind: string;
  subject: string;
  zone: string | null;
  zone_name: string | null;
  severity: Severity;
  confidence: number;
  started_at: string;
  opened_at: string;
  closed_at: string | null;
  updated_at: string;
  active: boolean;
  status: Status;
  assignee: string | null;
  revision: number;
  sequence: number;
  box: Box | null;
  detail: Record<string, unknown>;
  evidence: Evidence[];
  evidence_missing: string | null;
}

export interface HistoryEntry {
  at: string;
  actor: string;
  action: string;
  note: string | null;
  from_status: Status | null;
  to_status: Status | null;
}

export interface AlertWithHistory extends Alert {
  history: HistoryEntry[];
}

export interface AlertPage {
  items: Alert[];
  next_cursor: string | null;
  total: number;
}

export interface Totals {
  by_status: Record<string, number>;
  by_kind: Record<string, number>;
  by_severity: Record<string, number>;
  active: number;
}

export interface CameraStatus {
  at: string | number;
  state: CameraState;
  reason: string | null;
  text: string | null;
  since: string | number | null;
  size: [number, number] | null;
  fps: number;
  frames_in: number;
  frames_analysed: number;
  dropped: Record<string, number>;
  latency: number | null;
  worker: string;
}

export interface CameraZone {
  id: string;
  name: string;
  polygon: [number, number][];
  kinds: string[];
}

export interface Camera {
  id: string;
  name: string;
  location: unknown;
  zones: CameraZone[];
  status: CameraStatus | null;
}

export interface CountPoint {
  camera: string;
  zone: string | null;
  label: string;
  at: string | number;
  count: number;
  window: number;
}

export interface User {
  id: string | number;
  username: string;
  role: Role;
  display_name: string | null;
  language: string | null;
}

export interface Session {
  user: User;
  csrf_token: string;
  expires_at: string;
}

export interface System {
  site: { id: string; name: string; timezone: string };
  version: string;
  server_time: string;
  kinds: { kind: string; title: { vi: string; en: string }; suspected: boolean }[];
}

/** A text message of the live connection. */
export type LiveMessage =
  | { type: "hello"; server_time: string; totals: Totals }
  | { type: "ping"; server_time: string }
  | { type: "alert"; alert: Alert }
  | { type: "camera"; camera: string; status: CameraStatus }
  | { type: "count"; count: CountPoint }
  | { type: "totals"; totals: Totals };

/** Whether `a` is an older version of an alert than `b`: operators' acts count first, then the camera's events. */
export function isOlder(a: Pick<Alert, "revision" | "sequence">, b: Pick<Alert, "revision" | "sequence">): boolean {
  return a.revision < b.revision || (a.revision === b.revision && a.sequence < b.sequence);
}

/** Kinds whose alerts accuse somebody: they read "nghi vấn" until a person has confirmed them. */
const SUSPECTED_KINDS = new Set(["parking", "dumping", "plates"]);

/** Whether the alert is only suspected: no person has yet said that it is true or false. */
export function isSuspected(alert: Pick<Alert, "kind" | "status">): boolean {
  return SUSPECTED_KINDS.has(alert.kind) && alert.status !== "resolved" && alert.status !== "false_alarm";
}
