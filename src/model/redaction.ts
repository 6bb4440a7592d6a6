// The operator's own secrets, beside those that aod recognises: the section `redact:` of the configuration as plain
// data.

/** Texts to hide in every capture, beside those that the built-in rules find. */
export interface Redaction {
  /** Hidden wherever they occur, upper and lower case distinct. */
  readonly words: readonly string[];
  /** Regular expressions in RE2 syntax; the whole match is hidden. */
  readonly patterns: readonly string[];
}
