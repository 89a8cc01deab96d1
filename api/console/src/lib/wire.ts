/** The binary message of the live connection: one picture of one camera, as on the bus. */

/** Label, track id or null, and the corners as fractions 0..1 of the picture. */
export type LiveBox = [label: string, id: number | null, x1: number, y1: number, x2: number, y2: number];

export interface LivePicture {
  camera: string;
  /** Capture time, ms since the epoch. */
  at: number;
  boxes: LiveBox[];
  jpeg: Uint8Array<ArrayBuffer>;
}

export class WireError extends Error {
  override name = "WireError";
}

/** Big-endian uint32 length of the header, the header as JSON (`at` in seconds), the JPEG. Throws {@link WireError}. */
export function decodePicture(message: ArrayBuffer): LivePicture {
  if (message.byteLength < 4) throw new WireError("picture message without a header");
  const length = new DataView(message).getUint32(0);
  if (4 + length > message.byteLength) throw new WireError("picture header longer than its message");
  const jpeg = new Uint8Array(message, 4 + length);
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8) throw new WireError("no JPEG behind the header");
  const header = parse(new Uint8Array(message, 4, length));
  if (typeof header.camera !== "string" || typeof header.at !== "number") throw new WireError("header lacks camera or at");
  const boxes = Array.isArray(header.boxes) ? header.boxes.filter(isBox) : [];
  return { camera: header.camera, at: header.at * 1000, boxes, jpeg };
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
  }
  throw new WireError("picture header is no JSON object");
}

function isBox(value: unknown): value is LiveBox {
  return Array.isArray(value) && typeof value[0] === "string" && value.slice(2, 6).every(Number.isFinite) && value.length >= 6;
}
