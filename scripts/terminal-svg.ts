// Turns the output of a command into the picture of a terminal: terminal-svg.ts TITLE <TEXT >FILE. It knows the styles
// that aod uses (bold, faint, underlined, inverse, red, cyan), and makes an SVG without fonts and other files, for
// README and docs.

const FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";
const FONT_PX = 13;
const COLUMN_PX = 7.83;
const LINE_PX = 19;
const MARGIN_PX = 18;
const BAR_PX = 34;
const COLOURS = {
  back: "#12161c",
  bar: "#1d232c",
  text: "#d5dbe3",
  bold: "#ffffff",
  cyan: "#7cc7ff",
  faint: "#8d97a5",
  red: "#ff7b72",
} as const;
const BUTTONS = ["#ff5f57", "#febc2e", "#28c840"] as const;

interface Style {
  readonly bold: boolean;
  readonly faint: boolean;
  readonly inverse: boolean;
  readonly colour: string | undefined;
}

const PLAIN: Style = { bold: false, faint: false, inverse: false, colour: undefined };
/** The effect of each SGR parameter; others are ignored. */
const SGR: Readonly<Record<string, Partial<Style>>> = {
  "": PLAIN,
  "0": PLAIN,
  "1": { bold: true },
  "2": { faint: true },
  "7": { inverse: true },
  "31": { colour: COLOURS.red },
  "36": { colour: COLOURS.cyan },
  "39": { colour: undefined },
};

const [title = ""] = process.argv.slice(2);
const lines = (await Bun.stdin.text()).trimEnd().split("\n");
process.stdout.write(draw(title, lines));

function draw(caption: string, text: readonly string[]): string {
  const columns = Math.max(...text.map((line) => Bun.stringWidth(line)));
  const width = Math.ceil(columns * COLUMN_PX + 2 * MARGIN_PX);
  const height = BAR_PX + text.length * LINE_PX + 2 * MARGIN_PX - 6;
  const rows = text.map((line, i) => row(line, BAR_PX + MARGIN_PX + (i + 0.6) * LINE_PX));
  const buttons = BUTTONS.map((fill, i) => `<circle cx="${20 + i * 18}" cy="17" r="5.5" fill="${fill}"/>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escapeXml(caption)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${COLOURS.back}"/>`,
    `<path d="M0 ${BAR_PX}V8a8 8 0 0 1 8-8H${width - 8}a8 8 0 0 1 8 8v${BAR_PX - 8}z" fill="${COLOURS.bar}"/>`,
    ...buttons,
    `<g font-family="${FONT}" font-size="${FONT_PX}" fill="${COLOURS.text}" xml:space="preserve">`,
    `<text x="${width / 2}" y="21" text-anchor="middle" fill="${COLOURS.faint}">${escapeXml(caption)}</text>`,
    ...rows,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

/** A style lasts until the next sequence or the end of the line. */
function row(line: string, y: number): string {
  let style = PLAIN;
  let column = 0;
  let drawn = "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression matches escape sequences
  for (const [index, part] of line.split(/\x1b\[([\d;]*)m/).entries()) {
    if (index % 2 === 1) {
      for (const parameter of part.split(";")) style = { ...style, ...SGR[parameter] };
      continue;
    }
    drawn += words(part, column, y, style);
    column += Bun.stringWidth(part);
  }
  return drawn;
}

/** Each run of words has its width as an attribute, so columns stay in place with any font. */
function words(text: string, column: number, y: number, style: Style): string {
  const behind = style.inverse ? block(text, column, y, style.colour ?? COLOURS.text) : "";
  // Two or more spaces separate runs, so that columns do not drift.
  return (
    behind +
    [...text.matchAll(/\S+(?: \S+)*/g)]
      .map(({ 0: run, index }) => {
        const x = MARGIN_PX + (column + Bun.stringWidth(text.slice(0, index))) * COLUMN_PX;
        const length = (Bun.stringWidth(run) * COLUMN_PX).toFixed(1);
        return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" textLength="${length}"${attributes(style)}>${escapeXml(run)}</text>`;
      })
      .join("")
  );
}

function attributes({ bold, faint, inverse, colour }: Style): string {
  const fill = inverse ? COLOURS.back : (colour ?? (faint ? COLOURS.faint : bold ? COLOURS.bold : undefined));
  return `${bold ? ' font-weight="600"' : ""}${fill === undefined ? "" : ` fill="${fill}"`}`;
}

function block(text: string, column: number, y: number, fill: string): string {
  const x = (MARGIN_PX + column * COLUMN_PX).toFixed(1);
  const width = (Bun.stringWidth(text) * COLUMN_PX).toFixed(1);
  return `<rect x="${x}" y="${(y - 0.72 * LINE_PX).toFixed(1)}" width="${width}" height="${LINE_PX}" fill="${fill}"/>`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

export {};
