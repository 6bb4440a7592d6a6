// The legend, which is also the filter: a button for each colour with its number of requests, and a list of shares if
// there are several.

import { EVERYDAY } from "../state.ts";
import { EVERYDAY_WORDS, figureText, shortCommand } from "../words.ts";
import type { Requests } from "./data.ts";
import { element, swatchElement } from "./element.ts";
import type { Filter } from "./find.ts";

export function makeLegend(requests: Requests, changed: (filter: Filter) => void): HTMLElement {
  const hidden = new Set<number>();
  let share: number | undefined;
  const notify = () => changed({ hiddenHues: new Set(hidden), share });
  const counts = new Map<number, number>();
  for (const hue of requests.hue) counts.set(hue, (counts.get(hue) ?? 0) + 1);

  const buttons = [...namesByHue(requests)].map(([hue, names]) => {
    const count = figureText(counts.get(hue) ?? 0);
    const button = element(
      "button",
      { type: "button", class: "key", "aria-pressed": "true" },
      swatchElement(hue),
      `${names} `,
      element("span", { class: "soft" }, count),
    );
    button.addEventListener("click", () => {
      if (!hidden.delete(hue)) hidden.add(hue);
      button.setAttribute("aria-pressed", String(!hidden.has(hue)));
      notify();
    });
    return button;
  });
  const signs = element(
    "span",
    { class: "signs soft" },
    element("span", { class: "flagged" }, "✕ failed"),
    element("span", {}, "→ no reply yet"),
    ...(requests.state.includes(EVERYDAY) ? [element("span", {}, `faint: ${EVERYDAY_WORDS}`)] : []),
    ...(requests.head.evidence.length > 0
      ? [element("span", { class: "flagged" }, "○ tripped the rule")]
      : []),
  );
  const root = element(
    "div",
    { class: "legend", role: "group", "aria-label": "Show by command" },
    ...buttons,
    signs,
  );
  if (requests.head.shares.length > 1)
    root.append(
      shareList(requests, (chosen) => {
        share = chosen;
        notify();
      }),
    );
  return root;
}

function shareList({ head }: Requests, choose: (share: number | undefined) => void): HTMLElement {
  const options = head.shares.map((name, i) =>
    element("option", { value: String(i) }, name || "share not known"),
  );
  const select = element("select", {}, element("option", { value: "" }, "all shares"), ...options);
  select.addEventListener("change", () => choose(select.value === "" ? undefined : Number(select.value)));
  return element("label", { class: "shares" }, element("span", { class: "hidden" }, "Share "), select);
}

/** Names of commands by colour, in the order of the colours. */
function namesByHue({ head, hue, command }: Requests): ReadonlyMap<number, string> {
  const names = new Map<number, Set<string>>();
  command.forEach((index, row) => {
    const at = hue[row] ?? 0;
    const of = names.get(at) ?? new Set();
    names.set(at, of.add(shortCommand(head.commands[index] ?? "")));
  });
  const sorted = [...names].sort(([a], [b]) => a - b);
  return new Map(sorted.map(([at, of]) => [at, of.size > 3 ? "others" : [...of].join(", ")]));
}
