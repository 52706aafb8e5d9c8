/** The dialog that makes a link. */

import { fragmentOf } from "../link.ts";
import type { Session } from "../session.ts";
import { element } from "./elements.ts";

export function sharing(session: Session): void {
  const dialog = element("sharing", HTMLDialogElement);
  const command = element("sharing-command", HTMLInputElement);
  const link = element("sharing-link", HTMLTextAreaElement);
  const message = element("sharing-message", HTMLElement);
  let round = 0;

  async function make(): Promise<void> {
    const mine = ++round;
    try {
      const written = await session.changes();
      const line = command.value.trim();
      const fragment = await fragmentOf({
        image: session.image?.name ?? "busybox",
        builtIn: session.image?.archive === undefined,
        ...(line && { command: ["sh", "-c", line] }),
        ...(written && { written }),
      });
      if (mine !== round) return;
      link.value = new URL(fragment, location.href).href;
      const own = session.image?.archive ? " Who opens it needs the image, too." : "";
      message.textContent = `${(link.value.length / 1000).toFixed(1)} kB.${own}`;
    } catch (error) {
      if (mine !== round) return;
      link.value = "";
      message.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  element("share", HTMLButtonElement).addEventListener("click", () => {
    dialog.showModal();
    void make();
  });
  command.addEventListener("input", () => void make());
  element("sharing-close", HTMLButtonElement).addEventListener("click", () => dialog.close());
  element("sharing-copy", HTMLButtonElement).addEventListener("click", () => {
    link.select();
    navigator.clipboard.writeText(link.value).then(
      () => (message.textContent = "Copied."),
      () => (message.textContent = "The browser does not let the page copy: press Ctrl-C."),
    );
  });
}
