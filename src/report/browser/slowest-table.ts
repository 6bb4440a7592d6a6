// The slowest requests in view as a table whose rows can be chosen: the plot for the keyboard and for screen readers.

import { counted } from "../words.ts";
import type { Requests } from "./data.ts";
import { describe } from "./describe.ts";
import { element, swatchElement } from "./element.ts";

/** Number of rows in the table. */
export const SLOWEST_SHOWN = 12;
const COLUMNS = ["Latency", "Command", "Status", "Sent (UTC)", "Process", "Share", "Message id"];

export interface SlowestTable {
  readonly root: HTMLElement;
  /** @param rows the slowest first. */
  show(rows: readonly number[], inView: number, chosen: number | undefined): void;
}

export function makeSlowestTable(requests: Requests, choose: (row: number) => void): SlowestTable {
  const count = element("p", { class: "note", role: "status" });
  const body = element("tbody");
  const heads = COLUMNS.map((name, i) =>
    element("th", { scope: "col", ...(i === 0 ? { class: "figure" } : {}) }, name),
  );
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...heads)), body);
  const region = {
    class: "scroll",
    tabindex: "0",
    role: "region",
    "aria-label": "The slowest requests in view",
  };
  const root = element("div", { class: "in-view" }, count, element("div", region, table));
  return {
    root,
    show(rows, inView, chosen) {
      count.textContent =
        inView === 0
          ? "No request in view."
          : `${counted(inView, "request")} in view${inView > SLOWEST_SHOWN ? "; the slowest of them" : ""}:`;
      const isFocused = body.contains(document.activeElement);
      body.replaceChildren(...rows.map((row) => tableRow(requests, row, row === chosen, choose)));
      if (isFocused) body.querySelector<HTMLElement>('[aria-pressed="true"]')?.focus();
    },
  };
}

function tableRow(
  requests: Requests,
  row: number,
  isChosen: boolean,
  choose: (row: number) => void,
): HTMLElement {
  const words = describe(requests, row);
  const button = element(
    "button",
    { type: "button", class: "pick", "aria-pressed": String(isChosen) },
    words.latency,
  );
  button.addEventListener("click", () => choose(row));
  return element(
    "tr",
    isChosen ? { class: "chosen" } : {},
    element("th", { scope: "row", class: "figure" }, button),
    element("td", {}, swatchElement(requests.hue[row] ?? 0), words.command),
    element("td", {}, words.status),
    element("td", { class: "figure left" }, words.sent),
    element("td", {}, element("bdi", { class: "name" }, words.process)),
    element("td", {}, element("bdi", { class: "name" }, words.share)),
    element("td", { class: "figure" }, words.messageId),
  );
}
