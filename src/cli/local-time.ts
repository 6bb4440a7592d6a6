// Times on this host's clock, for people: `12-01 09:12:12`. Programs and ids have UTC.

/** @param epochMs ms since 1970 UTC. */
export function localTimeText(epochMs: number): string {
  const at = new Date(epochMs);
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** The name of the host's time zone at a moment: `CET`, `GMT+1`. */
export function zoneName(epochMs: number): string {
  const parts = new Intl.DateTimeFormat("en", { timeZoneName: "short" }).formatToParts(epochMs);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "local";
}
