/** Which actions an alert allows, and how each is asked for. Pure. */
import type { Alert, Role, Status } from "./model";
import type { ActionName, Operation } from "./outbox";

/** In the order of the buttons. */
export const ACTIONS: readonly ActionName[] = ["acknowledge", "assign", "resolve", "false_alarm", "reopen", "note"];

const FROM: Record<Exclude<ActionName, "note">, readonly Status[]> = {
  acknowledge: ["new"],
  assign: ["new", "acknowledged", "in_progress"],
  resolve: ["new", "acknowledged", "in_progress"],
  false_alarm: ["new", "acknowledged", "in_progress"],
  reopen: ["resolved", "false_alarm"],
};

const TO: Record<Exclude<ActionName, "note">, Status> = {
  acknowledge: "acknowledged",
  assign: "in_progress",
  resolve: "resolved",
  false_alarm: "false_alarm",
  reopen: "acknowledged",
};

/** Status in which the alert will be once the waiting operations have been carried out. */
export function expectedStatus(alert: Alert, waiting: readonly Operation[]): Status {
  return waiting
    .filter((operation) => operation.state === "queued" || operation.state === "sending")
    .reduce<Status>((status, { action }) => (action === "note" ? status : TO[action]), alert.status);
}

/** Whether the workflow knows the action from that status. */
export function possibleFrom(status: Status, action: ActionName): boolean {
  return action === "note" || FROM[action].includes(status);
}

/** Whether the action makes sense now for a person of that name and role. */
export function allows(alert: Alert, action: ActionName, waiting: readonly Operation[], user: string, role: Role): boolean {
  if (role === "viewer") return false;
  const status = expectedStatus(alert, waiting);
  if (action === "assign" && status === "in_progress" && alert.assignee === user) return false;
  return possibleFrom(status, action);
}

/** Actions that ask for a few words before they are sent; the words are optional except for a note. */
export function wantsWords(action: ActionName): boolean {
  return action === "resolve" || action === "false_alarm" || action === "reopen" || action === "note";
}

/** Path and body of the request that carries the operation out. */
export function request(operation: Operation): { path: string; body: Record<string, unknown> } {
  const name = { note: "notes", false_alarm: "false-alarm" }[operation.action as string] ?? operation.action;
  const body: Record<string, unknown> = operation.note ? { note: operation.note } : {};
  if (operation.action === "assign") body.assignee = operation.assignee;
  return { path: `/alerts/${encodeURIComponent(operation.alert)}/${name}`, body };
}
