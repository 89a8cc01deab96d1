/** Drawing of a live picture with its zones and boxes on a canvas. */
import type { Shown } from "./pictures";
import type { CameraZone } from "./model";

export interface Labels {
  /** The word for a detector's label. */
  object(label: string): string;
}

const ZONE = "#ffd54a";
const BOX = "#5cc8ff";
const INK = "#06121c";
/** From this width on, in CSS pixels, zones carry their names. */
const LARGE = 700;

/** The largest rectangle of the picture's shape inside the canvas: [x, y, width, height]. */
export function fit(width: number, height: number, boxWidth: number, boxHeight: number): [number, number, number, number] {
  const scale = Math.min(boxWidth / width, boxHeight / height);
  const [w, h] = [width * scale, height * scale];
  return [(boxWidth - w) / 2, (boxHeight - h) / 2, w, h];
}

/** Paint everything anew. `scale` is the number of canvas pixels per CSS pixel. */
export function paint(
  context: CanvasRenderingContext2D,
  shown: Shown,
  zones: readonly CameraZone[],
  overlay: boolean,
  scale: number,
  labels: Labels,
): void {
  const { canvas } = context;
  const [x, y, w, h] = fit(shown.image.width, shown.image.height, canvas.width, canvas.height);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(shown.image, x, y, w, h);
  if (!overlay) return;
  context.font = `600 ${11 * scale}px "Be Vietnam Pro", sans-serif`;
  context.textBaseline = "bottom";
  for (const zone of zones) {
    context.beginPath();
    zone.polygon.forEach(([px, py]) => context.lineTo(x + px * w, y + py * h));
    context.closePath();
    context.lineWidth = 1.5 * scale;
    context.strokeStyle = ZONE;
    context.fillStyle = "rgb(255 213 74 / 10%)";
    context.fill();
    context.setLineDash([6 * scale, 4 * scale]);
    context.stroke();
    context.setLineDash([]);
    const [px, py] = zone.polygon[0] ?? [0, 0];
    if (w > LARGE * scale) tag(context, zone.name, x + px * w, y + py * h, scale, ZONE);
  }
  context.lineWidth = 2 * scale;
  for (const [label, id, x1, y1, x2, y2] of shown.boxes) {
    const [left, top] = [x + x1 * w, y + y1 * h];
    context.strokeStyle = BOX;
    context.strokeRect(left, top, (x2 - x1) * w, (y2 - y1) * h);
    if ((x2 - x1) * w > 34 * scale) tag(context, `${labels.object(label)}${id === null ? "" : ` ${id}`}`, left, top, scale, BOX);
  }
}

function tag(context: CanvasRenderingContext2D, text: string, left: number, top: number, scale: number, colour: string): void {
  const width = context.measureText(text).width + 8 * scale;
  const height = 15 * scale;
  const base = Math.max(height, top);
  context.fillStyle = colour;
  context.fillRect(left - scale, base - height, width, height);
  context.fillStyle = INK;
  context.fillText(text, left + 3 * scale, base - scale);
}
