// Which command has which colour. Eight hues that people tell apart whatever their eyes (after Okabe and Ito), by what the command
// is for; the style sheet has them for light and dark. Shared by the page's static drawings and its script.

/** Class `c0` and so on in the style sheet. What is not here shares the last, grey. */
const HUES: readonly (readonly string[])[] = [
  ["SMB2_READ"],
  ["SMB2_WRITE"],
  ["SMB2_CREATE"],
  ["SMB2_CLOSE"],
  ["SMB2_QUERY_DIRECTORY"],
  ["SMB2_QUERY_INFO", "SMB2_SET_INFO"],
  ["SMB2_FLUSH"],
];

export const HUE_COUNT = HUES.length + 1;

export function hueOf(command: string): number {
  const hue = HUES.findIndex((commands) => commands.includes(command));
  return hue < 0 ? HUES.length : hue;
}
