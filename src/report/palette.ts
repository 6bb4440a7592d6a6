// The colour of each command: eight hues that people with any colour vision can tell apart (after Okabe and Ito), by
// the purpose of the command. The style sheet has them for light and dark. Shared by the page's static drawings and its
// script.

/** Commands of the classes `c0`, `c1` … of the style sheet. All other commands share the last class, which is grey. */
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
