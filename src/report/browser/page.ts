// The page's script: what static HTML can't do. In: the document and the data in it; out: the plot in place of the drawing, and a
// button for light and dark. The page is whole without it.

import { readData } from "./data.ts";
import { showPlot } from "./plot.ts";
import { showThemeButton } from "./theme.ts";

const theme = document.querySelector<HTMLButtonElement>("#theme");
if (theme !== null) showThemeButton(theme);

const root = document.querySelector<HTMLElement>("#plot");
const data = document.querySelector("#data");
if (root !== null && data !== null) {
  const isDrawn = showPlot(root, readData(data.textContent ?? ""));
  // The style sheet hides the drawing, but on paper.
  document.documentElement.classList.toggle("drawn", isDrawn);
  performance.mark("aod-drawn");
}
