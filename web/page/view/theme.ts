/** Light or dark: as the system has it, or as the user says. */

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const KEY = "wcr-theme";

/** Makes a button switch between the themes; `changed` is called when the colours are others. */
export function themes(button: HTMLButtonElement, name: HTMLElement, changed: () => void): void {
  let theme: Theme = THEMES.find((each) => each === remembered()) ?? "system";
  const apply = () => {
    document.documentElement.style.colorScheme = theme === "system" ? "" : theme;
    name.textContent = theme;
    changed();
  };
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
    remember(theme);
    apply();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  apply();
}

function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    // Where a page may keep nothing there is nothing to be remembered.
    return null;
  }
}

function remember(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It holds until the page is left.
  }
}
