/** The values of the operations API that the console uses, under short names. The shapes are generated: `api.d.ts`. */
import type { components } from "./api";

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

/** A search for passages, as the console sends it: with everything that may be left out. */
export type PlateSearchIn = Required<Schemas["PlateSearchIn"]>;
export type PlateRead = Schemas["PlateReadOut"];
export type PlatePage = Schemas["PlatePage"];
export type WatchIn = Required<Schemas["WatchIn"]>;
export type WatchEntry = Schemas["WatchOut"];
export type WatchPage = Schemas["WatchPage"];

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
const SUSPECTED_KINDS = new Set(["parking", "dumping", "plate"]);

/** Whether the alert is only suspected: no person has yet said that it is true or false. */
export function isSuspected(alert: Pick<Alert, "kind" | "status">): boolean {
  return SUSPECTED_KINDS.has(alert.kind) && alert.status !== "resolved" && alert.status !== "false_alarm";
}
