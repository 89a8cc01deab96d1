/** The operator's actions: from a key or a button into the outbox, and what became of them. */
import { allows, request, wantsWords } from "../lib/actions";
import type { Alert } from "../lib/model";
import { Outbox, type ActionName, type Operation } from "../lib/outbox";
import { LocalStore, STORE_PREFIX } from "../lib/outbox-store";
import { alerts } from "./alerts.svelte";
import { clock } from "./clock.svelte";
import { t } from "./prefs.svelte";
import { http, session } from "./session.svelte";
import { ui } from "./ui.svelte";

class Actions {
  operations = $state.raw<readonly Operation[]>([]);
  /** The action whose words are being written, for the opened alert. */
  composing = $state<ActionName | null>(null);
  readonly outbox: Outbox;

  constructor() {
    this.outbox = new Outbox({
      store: new LocalStore(localStorage, () => ui.say(t("outbox.volatile"))),
      send: async (operation) => {
        const { path, body } = request(operation);
        return http.json<Alert>(path, {
          method: "POST",
          body,
          headers: { "If-Match": `"${operation.revision}"`, "Idempotency-Key": operation.id },
        });
      },
      read: (id) => http.json<Alert>(`/alerts/${encodeURIComponent(id)}`),
      delivered: (operation, alert) => {
        alerts.take(alert);
        ui.say(t("outbox.sent", { action: t(`action.${operation.action}`) }));
      },
      changed: () => (this.operations = this.outbox.all),
      later: (run, ms) => void setTimeout(run, ms),
      now: () => clock.read(),
    });
    this.operations = this.outbox.all;
    addEventListener("storage", (event) => {
      if (event.key === null || event.key.startsWith(STORE_PREFIX)) this.outbox.reload();
    });
  }

  of(alert: string): Operation[] {
    return this.operations.filter((operation) => operation.alert === alert);
  }

  allows(alert: Alert, action: ActionName): boolean {
    const { user } = session;
    return user !== null && allows(alert, action, this.of(alert.id), user.username, user.role);
  }

  /** Begin an action: at once, or by asking for its words. */
  begin(alert: Alert, action: ActionName): void {
    if (!this.allows(alert, action)) return;
    if (wantsWords(action)) this.composing = this.composing === action ? null : action;
    else this.commit(alert, action);
  }

  /** Keep the action and send it. */
  commit(alert: Alert, action: ActionName, note = ""): void {
    const { user } = session;
    if (!user || (action === "note" && !note.trim())) return;
    this.composing = null;
    this.outbox.add(alert, action, user.username, {
      ...(note.trim() ? { note } : {}),
      ...(action === "assign" ? { assignee: user.username } : {}),
    });
  }
}

export const actions = new Actions();
