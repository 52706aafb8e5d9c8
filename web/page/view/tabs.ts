/** Tabs, as the patterns of ARIA have them: one can be reached with Tab, the others with the arrows. */

/** Makes the buttons of a list switch between panels; `shown` is told which panel is shown. */
export function tabs(list: HTMLElement, shown: (panel: string) => void): { show(panel: string): void } {
  const all = [...list.querySelectorAll<HTMLElement>("[role=tab]")];
  const panelOf = (tab: HTMLElement) => tab.getAttribute("aria-controls") ?? "";

  function select(tab: HTMLElement, focus: boolean): void {
    for (const each of all) {
      const isIt = each === tab;
      each.setAttribute("aria-selected", String(isIt));
      each.tabIndex = isIt ? 0 : -1;
      document.getElementById(panelOf(each))?.toggleAttribute("hidden", !isIt);
    }
    if (focus) tab.focus();
    shown(panelOf(tab));
  }

  const step: Record<string, (at: number) => number> = {
    ArrowRight: (at) => (at + 1) % all.length,
    ArrowLeft: (at) => (at + all.length - 1) % all.length,
    Home: () => 0,
    End: () => all.length - 1,
  };
  list.addEventListener("click", (event) => {
    const tab = all.find((each) => each === event.target);
    if (tab) select(tab, false);
  });
  list.addEventListener("keydown", (event) => {
    const at = all.findIndex((each) => each === event.target);
    const next = all[step[event.key]?.(at) ?? -1];
    if (!next) return;
    event.preventDefault();
    select(next, true);
  });
  return {
    show(panel) {
      const tab = all.find((each) => panelOf(each) === panel);
      if (tab) select(tab, false);
    },
  };
}
