// The page's script: everything that static HTML cannot do. It replaces the drawing by the plot, adds local times, and
// shows the buttons for the ticket and for dark colours. The page is complete without it.

import { showCopyButton } from "./copy.ts";
import { readData } from "./data.ts";
import { showPlot } from "./plot.ts";
import { showThemeButton } from "./theme.ts";
import { showLocalTimes } from "./time-elements.ts";

const theme = document.querySelector<HTMLButtonElement>("#theme");
if (theme !== null) showThemeButton(theme);

const copy = document.querySelector<HTMLButtonElement>("#copy");
const ticket = document.querySelector<HTMLElement>("#ticket");
if (copy !== null && ticket !== null) showCopyButton(copy, ticket);

showLocalTimes(document);

const root = document.querySelector<HTMLElement>("#plot");
const data = document.querySelector("#data");
if (root !== null && data !== null) {
  const isDrawn = showPlot(root, readData(data.textContent ?? ""));
  // The style sheet then hides the drawing, except on paper.
  document.documentElement.classList.toggle("drawn", isDrawn);
  performance.mark("aod-drawn");
}
