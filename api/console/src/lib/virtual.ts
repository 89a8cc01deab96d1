/** Which rows of a long list are drawn. Pure; all rows have one height, in CSS pixels. */

export interface Span {
  /** First row drawn. */
  readonly start: number;
  /** One past the last row drawn. */
  readonly end: number;
  /** Empty space above the first drawn row. */
  readonly above: number;
  /** Empty space below the last drawn row. */
  readonly below: number;
}

/** The rows that a viewport shows, and `overscan` more on either side. */
export function visibleSpan(scrollTop: number, viewport: number, row: number, rows: number, overscan = 6): Span {
  const first = Math.floor(Math.max(0, scrollTop) / row);
  const shown = Math.ceil(Math.max(0, viewport) / row) + 1;
  const start = Math.max(0, Math.min(first - overscan, rows - shown));
  const end = Math.min(rows, Math.max(first, start) + shown + overscan);
  return { start, end, above: start * row, below: Math.max(0, rows - end) * row };
}

/** Where to scroll so that row `index` lies wholly in the viewport; the same place if it does. */
export function scrollToShow(index: number, scrollTop: number, viewport: number, row: number): number {
  const top = index * row;
  if (top < scrollTop) return top;
  if (top + row > scrollTop + viewport) return top + row - viewport;
  return scrollTop;
}
