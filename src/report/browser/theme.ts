// Light or dark: as the system has it, until somebody chooses. In: the button; out: `data-theme` of the page. Nothing is stored:
// a file that was opened from a mail leaves nothing behind.

export function showThemeButton(button: HTMLButtonElement): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const { dataset } = document.documentElement;
  const isDark = () => (dataset.theme === undefined ? system.matches : dataset.theme === "dark");
  const tell = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", isDark() ? "Show in light colours" : "Show in dark colours");
    document.dispatchEvent(new Event("aod-theme"));
  };
  button.addEventListener("click", () => {
    dataset.theme = isDark() ? "light" : "dark";
    tell();
  });
  system.addEventListener("change", tell);
  button.hidden = false;
  tell();
}
