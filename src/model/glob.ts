// Patterns with `*` and `?`. No regular expression is used: a name that a server chose must not decide how long a test
// takes. The cost is at most the length of the name times that of the pattern. Pure.

export type GlobTest = (name: string) => boolean;

/** @param pattern `*` stands for any text, `?` for one character. */
export function globTest(pattern: string): GlobTest {
  return (name) => {
    let at = 0;
    let inPattern = 0;
    let star = -1;
    let starAt = 0;
    while (at < name.length) {
      const wanted = pattern[inPattern];
      if (wanted === "*") {
        star = inPattern++;
        starAt = at;
      } else if (wanted === "?" || wanted === name[at]) {
        inPattern++;
        at++;
      } else if (star >= 0) {
        // The last star takes one more.
        inPattern = star + 1;
        at = ++starAt;
      } else {
        return false;
      }
    }
    while (pattern[inPattern] === "*") inPattern++;
    return inPattern === pattern.length;
  };
}
