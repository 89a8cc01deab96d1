/** The values of the operations API that the console uses, under short names. The shapes are generated: `api.d.ts`. */
import type { components } from "./api";
import type { PlateColour } from "./plate-face";

type Schemas = components["schemas"];
export type Alert = Schemas["AlertOut"];
export type AlertPage = Schemas["AlertPage"];
export type AlertWithHistory = Schemas["AlertWithHistory"];
export type Camera = Schemas["CameraOut"];
export type CameraStatus = Schemas["CameraStatusOut"];
export type CameraZone = Schemas["ZoneOut"];
export type CountPoint = Schemas["CountOut"];
export type Evidence = Schemas["EvidenceOut"];
export type Session = Schemas["SessionOut"];
export type Severity = Schemas["Severity"];
export type Status = Schemas["Status"];
export type System = Schemas["SystemOut"];
export type Totals = Schemas["Totals"];
export type User = Schemas["Me"];
export type Role = Schemas["Role"];

/** A search for passages; `POST /plates/search`. */
export interface PlateSearchIn {
  text: string | null;
  match: "exact" | "wildcard" | "partial" | "looks_like" | null;
  since: string | null;
  until: string | null;
  camera: string[];
  vehicle: string[];
  colour: PlateColour[];
  limit: number;
  cursor: string | null;
  reason: string;
  case_number: string;
}

/** One passage of a vehicle whose plate was read. */
export interface PlateRead {
  id: string;
  camera: string;
  camera_name: string;
  at: string;
  text: string;
  display: string;
  raw: string;
  pattern: string | null;
  confidence: number;
  alternatives: { text: string; confidence: number }[];
  colour: string | null;
  lines: number | null;
  vehicle: string | null;
  direction: string | null;
  box: { x1: number; y1: number; x2: number; y2: number } | null;
  evidence: Evidence[];
  match: { where: "text" | "raw" | "alternative"; text: string; exchanges: number; likeness: number } | null;
}

export interface PlatePage {
  search: string;
  items: PlateRead[];
  next_cursor: string | null;
  total: number;
  total_capped: boolean;
}

/** What an officer says of a plate to watch. */
export interface WatchIn {
  text: string;
  match: "exact" | "looks_like";
  reason: string;
  case_number: string;
  severity: Severity;
  note: string | null;
  valid_until: string | null;
  cameras: string[] | null;
  active: boolean;
  min_confidence: number;
  cooldown_s: number;
}

export interface WatchEntry extends WatchIn {
  id: string;
  display: string;
  author: string;
  created_at: string;
  updated_at: string;
  revision: number;
  expired: boolean;
  hits: number;
  last_hit_at: string | null;
}

export interface WatchPage {
  items: WatchEntry[];
  next_cursor: string | null;
  total: number;
}

/** Roles that may look plates up. */
const SEARCHERS: readonly string[] = ["police", "admin"];

export function maySearch(role: string | undefined): boolean {
  return role !== undefined && SEARCHERS.includes(role);
}

export const STATUSES: readonly Status[] = ["new", "acknowledged", "in_progress", "resolved", "false_alarm"];
/** From the most urgent to the least. */
export const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low"];

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
export function isSuspected(alert: Pick<Alert, "kind" | "status"> & Partial<Pick<Alert, "detail">>): boolean {
  // A watched plate accuses nobody by being read; one that only looks like it must be compared first.
  const suspected = SUSPECTED_KINDS.has(alert.kind) || (alert.kind === "plate" && alert.detail?.suspected === true);
  return suspected && alert.status !== "resolved" && alert.status !== "false_alarm";
}
