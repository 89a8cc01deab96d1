/** The server's time, ticking once a second: ages must not depend on this computer's clock. */
class Clock {
  /** Milliseconds since the epoch, by the server's clock. */
  now = $state(Date.now());
  private offset = 0;

  constructor() {
    setInterval(() => this.tick(), 1_000);
  }

  /** The exact time, not only the last tick's. */
  read(): number {
    return Date.now() + this.offset;
  }

  /** Set by a time that the server has just told. */
  sync(serverTime: string): void {
    const at = Date.parse(serverTime);
    if (!Number.isFinite(at)) return;
    this.offset = at - Date.now();
    this.tick();
  }

  private tick(): void {
    this.now = this.read();
  }
}

export const clock = new Clock();
