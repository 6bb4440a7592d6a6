// Creates an element in one call. Children that are strings become text: nothing here parses HTML.

export type Child = Node | string;

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** The swatch of a colour, as the static page draws it. */
export function swatchElement(hue: number): Element {
  const SVG = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(SVG, "svg");
  const rect = document.createElementNS(SVG, "rect");
  for (const [key, value] of Object.entries({
    class: "swatch",
    width: "10",
    height: "10",
    "aria-hidden": "true",
  }))
    svg.setAttribute(key, value);
  for (const [key, value] of Object.entries({ class: `c${hue}`, width: "10", height: "10", rx: "2" }))
    rect.setAttribute(key, value);
  svg.append(rect);
  return svg;
}
