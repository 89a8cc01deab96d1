/** When the tone for critical alerts that nobody has acknowledged sounds again: whoever was out of the room must hear it. Pure. */

/** Milliseconds between two tones. */
export const AGAIN = 20_000;

export class Reminder {
  private last = Number.NEGATIVE_INFINITY;

  /** A tone sounded at the time `now` (ms). */
  played(now: number): void {
    this.last = now;
  }

  /** Whether the tone is to sound at the time `now`, `open` such alerts being there. True counts as played. */
  due(now: number, open: number): boolean {
    if (open === 0 || now - this.last < AGAIN) return false;
    this.last = now;
    return true;
  }
}
