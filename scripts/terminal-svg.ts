// Turns what a command prints into the picture of a terminal: terminal-svg.ts TITLE <TEXT >FILE. In: plain text with
// bold (ESC [ 1 m) at most; out: an SVG that needs no font of ours and no other file. For README's picture of the demo.

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
  label: "#7cc7ff",
  title: "#8d97a5",
} as const;
const BUTTONS = ["#ff5f57", "#febc2e", "#28c840"] as const;

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
    `<text x="${width / 2}" y="21" text-anchor="middle" fill="${COLOURS.title}">${escapeXml(caption)}</text>`,
    ...rows,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

/** Columns stay where they are whatever the font: each run of words is told how wide it is. */
function row(line: string, y: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what it looks for
  const [, label, rest = line] = /^\x1b\[1m(.*?)\x1b\[0m(.*)$/.exec(line) ?? [];
  const labelColumns = label === undefined ? 0 : Bun.stringWidth(label);
  return [
    label === undefined ? "" : words(label.trimEnd(), 0, y, ` font-weight="600" fill="${COLOURS.label}"`),
    words(rest, labelColumns, y, ""),
  ].join("");
}

function words(text: string, column: number, y: number, style: string): string {
  const shown = text.trimEnd();
  const indent = shown.length - shown.trimStart().length;
  const body = shown.trimStart();
  if (body === "") return "";
  const x = (MARGIN_PX + (column + indent) * COLUMN_PX).toFixed(1);
  const length = (Bun.stringWidth(body) * COLUMN_PX).toFixed(1);
  return `<text x="${x}" y="${y.toFixed(1)}" textLength="${length}"${style}>${escapeXml(body)}</text>`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

export {};
