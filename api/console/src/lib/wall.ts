/** How many columns a wall of pictures gets. Pure; lengths in CSS pixels. */

/** Narrower pictures than this tell an operator nothing: the wall scrolls instead. */
const LEAST_WIDTH = 300;
const SHAPE = 16 / 9;

/** The number of columns that makes `tiles` pictures of 16:9 largest in a room of that size. */
export function bestColumns(tiles: number, width: number, height: number): number {
  if (width < 2 * LEAST_WIDTH) return tiles > 4 && width >= 340 ? 2 : 1;
  const most = Math.max(1, Math.min(tiles, Math.floor(width / LEAST_WIDTH)));
  let best = { columns: 1, shown: 0 };
  for (let columns = 1; columns <= most; columns += 1) {
    const rows = Math.ceil(tiles / columns);
    const shown = Math.min(width / columns, (height / rows) * SHAPE);
    if (shown > best.shown) best = { columns, shown };
  }
  return best.shown < LEAST_WIDTH ? most : best.columns;
}
