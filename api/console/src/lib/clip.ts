/** Playing clips that have damaged places. Pure. */

/** `MediaError.MEDIA_ERR_DECODE`. */
const DECODE = 3;
/** Seconds that are skipped at a damaged place. */
const STEP = 0.5;
/** More damaged places than this make the clip worthless. */
const MOST_JUMPS = 60;

/**
 * Where to go on after a decoder's error, in seconds; null if it is no damage, or there is nothing behind it.
 * `last` is where the clip went on after the damage before: a start that fails at once must still get ahead.
 */
export function afterDamage(code: number, at: number, duration: number, jumps: number, last: number | null): number | null {
  if (code !== DECODE || jumps >= MOST_JUMPS || !Number.isFinite(duration)) return null;
  const next = Math.max(at, last ?? 0) + STEP;
  return next < duration ? next : null;
}
