/** How a plate is drawn: its colour, and its text in one line or two as it is printed. It judges nothing: the API's grammar does. Pure. */

export const PLATE_COLOURS = ["white", "yellow", "blue", "red"] as const;
export type PlateColour = (typeof PLATE_COLOURS)[number];

export interface Face {
  /** Null where the colour is not known. */
  readonly colour: PlateColour | null;
  /** Upper and lower line, or the only one. */
  readonly lines: readonly string[];
  /** As it is written in one line: `98-AA 123.45`. */
  readonly text: string;
  /** Diplomats' plates have red letters. */
  readonly redLetters: boolean;
}

/** What is known of a plate beside its text. */
export interface PlateHints {
  pattern?: string | null;
  colour?: string | null;
  lines?: number | null;
}

interface Form {
  shape: RegExp;
  /** What stands between the printed groups; one less than there are groups. */
  joints: readonly string[];
  /** Groups in the upper of two lines. */
  upper: number;
  /** Two lines where nobody has counted them. */
  tall?: boolean;
}

/** By the name of the pattern; the likelier first where a text fits several. */
const FORMS: Record<string, Form> = {
  CAR: { shape: /^(\d\d[A-ZĐ])(\d{5})$/, joints: ["-"], upper: 1 },
  CAR_OLD4: { shape: /^(\d\d[A-ZĐ])(\d{4})$/, joints: ["-"], upper: 1 },
  CAR_SERIES: { shape: /^(\d\d(?:CD|RM|HC|KT))(\d{5})$/, joints: ["-"], upper: 1 },
  CAR_LEGACY_SERIES: { shape: /^(\d\d(?:LD|DA|MK|TD|TĐ|R|CT|LB))(\d{4,5})$/, joints: ["-"], upper: 1 },
  MOTO: { shape: /^(\d\d)([A-Z]{2})(\d{5})$/, joints: ["-", " "], upper: 2, tall: true },
  MOTO_DIGIT: { shape: /^(\d\d)([A-Z][1-9])(\d{5})$/, joints: ["-", " "], upper: 2, tall: true },
  MOTO_OLD4: { shape: /^(\d\d)([A-Z][A-Z1-9])(\d{4})$/, joints: ["-", " "], upper: 2, tall: true },
  EMOTO: { shape: /^(\d\d)(M[ĐD][1-9]|MĐ)(\d{5})$/, joints: ["-", " "], upper: 2, tall: true },
  FOREIGN_CAR: { shape: /^(\d\d)(\d{3})(NG|QT|CV|NN)(\d{2})$/, joints: ["-", "-", "-"], upper: 2 },
  FOREIGN_MOTO: { shape: /^(\d\d)(\d{3})(NG|QT|CV|NN)(\d{3})$/, joints: ["-", " ", "-"], upper: 2, tall: true },
  TEMPORARY: { shape: /^(T\d\d)(\d{5})$/, joints: ["-"], upper: 1 },
  MILITARY: { shape: /^([A-Z]{2})(\d\d)(\d\d)$/, joints: ["-", "-"], upper: 1 },
};

/** The face of a canonical text (`98A12345`). A text of no known form is drawn as it is. */
export function plateFace(text: string, { pattern, colour, lines }: PlateHints = {}): Face {
  const known = PLATE_COLOURS.find((name) => name === colour) ?? null;
  const form = (pattern ? FORMS[pattern] : undefined) ?? Object.values(FORMS).find(({ shape }) => shape.test(text));
  const groups = form?.shape.exec(text)?.slice(1).map(dotted);
  if (!form || !groups) return { colour: known, lines: [text], text, redLetters: false };
  const join = (from: number, to: number): string =>
    groups.slice(from, to).reduce((sum, group, index) => (index ? sum + form.joints[from + index - 1] + group : group), "");
  const two = lines === 2 || (lines !== 1 && form.tall === true);
  return {
    colour: known,
    lines: two ? [join(0, form.upper), join(form.upper, groups.length)] : [join(0, groups.length)],
    text: join(0, groups.length),
    redLetters: groups.includes("NG") || groups.includes("QT"),
  };
}

/** Five digits are printed with a dot. */
function dotted(group: string): string {
  return /^\d{5}$/.test(group) ? `${group.slice(0, 3)}.${group.slice(3)}` : group;
}
