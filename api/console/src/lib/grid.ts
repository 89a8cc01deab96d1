/** Moving through a grid of pictures by key. Pure. */

/** Index of the cell that a key leads to from `index` (-1: none is chosen yet), or null where the key moves nothing. */
export function gridStep(key: string, index: number, columns: number, cells: number): number | null {
  if (cells === 0) return null;
  const steps: Record<string, number> = {
    ArrowRight: 1, j: 1, ArrowLeft: -1, k: -1, ArrowDown: columns, ArrowUp: -columns,
    PageDown: 3 * columns, PageUp: -3 * columns, Home: -cells, End: cells,
  };
  const step = steps[key];
  if (step === undefined) return null;
  if (index < 0) return key === "End" ? cells - 1 : 0;
  const to = index + step;
  // Upwards out of the first row and downwards out of a full last one there is nothing to go to.
  if (key === "ArrowUp" && to < 0) return index;
  if (key === "ArrowDown" && to >= cells) return Math.floor(index / columns) === Math.floor((cells - 1) / columns) ? index : cells - 1;
  return Math.min(Math.max(to, 0), cells - 1);
}
