/** The dialog in which an image is chosen. */

import { BUILTIN, idOf, type Image } from "../images.ts";
import { KeepError, type Keep } from "../keep.ts";
import { fetchLayout } from "../layout.ts";
import { LocalWcr } from "../local.ts";
import { element } from "./elements.ts";
import { shownText } from "./names.ts";

/** How far something is, in bytes; without a total where that is not known. */
export type Progress = (done: number, total: number | undefined) => void;

export class Picker {
  readonly #keep: Keep;
  readonly #open: (image: Image) => Promise<Image>;
  readonly #local = LocalWcr.here();
  readonly #dialog = element("images", HTMLDialogElement);
  readonly #list = element("images-list", HTMLUListElement);
  readonly #message = element("image-message", HTMLElement);
  readonly #progress = element("images-progress", HTMLProgressElement);
  #isBusy = false;

  /** `open` makes a container of an image, or says in an error why it cannot. */
  constructor(keep: Keep, open: (image: Image) => Promise<Image>) {
    [this.#keep, this.#open] = [keep, open];
    element("image", HTMLButtonElement).addEventListener("click", () => void this.show());
    element("images-close", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    const file = element("archive", HTMLInputElement);
    file.addEventListener("change", () => {
      const chosen = file.files?.[0];
      if (chosen) void this.archive(chosen, chosen.name);
      file.value = "";
    });
    const layout = element("layout", HTMLFormElement);
    const url = element("layout-url", HTMLInputElement);
    layout.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#fetched(url.value, (progress) => fetchLayout(url.value, keep, progress));
    });
    const pull = element("pull", HTMLFormElement);
    const name = element("pull-name", HTMLInputElement);
    pull.hidden = this.#local === undefined;
    pull.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#fetched(name.value, (progress) => this.#local!.image(name.value, progress));
    });
    this.#droppable();
  }

  async show(): Promise<void> {
    this.#say("", false);
    this.#dialog.showModal();
    await this.#fill();
  }

  /** Opens an archive; what cannot be opened is said in the dialog. */
  async archive(archive: Blob, name: string): Promise<void> {
    await this.#work(name, async () => {
      await this.#opened(archive, name);
    });
  }

  async #fetched(name: string, fetched: (progress: Progress) => Promise<Blob>): Promise<void> {
    await this.#work(name, async () => {
      this.#progress.hidden = false;
      this.#progress.removeAttribute("value");
      const archive = await fetched((done, total) => {
        if (total !== undefined) [this.#progress.max, this.#progress.value] = [total, done];
        this.#say(`${name}: ${megabytes(done)}${total === undefined ? "" : ` of ${megabytes(total)}`}`, false);
      });
      await this.#opened(archive, name);
    });
  }

  async #opened(archive: Blob, given: string): Promise<void> {
    const name = shownText(given);
    this.#say(`opening ${name}`, false);
    const id = await idOf(new Uint8Array(await archive.arrayBuffer()));
    const opened = await this.#open({ id, name, archive });
    this.#dialog.close();
    try {
      await this.#keep.keepImage({ id, name: opened.name, archive });
    } catch (error) {
      if (!(error instanceof KeepError)) throw error;
      this.#say(`${name} is open, but not kept for later: ${error.message}`, true);
      if (!this.#dialog.open) this.#dialog.showModal();
    }
  }

  /** Does one thing at a time, and says what went wrong. */
  async #work(name: string, act: () => Promise<void>): Promise<void> {
    if (this.#isBusy) return this.#say("another image is being opened", true);
    this.#isBusy = true;
    try {
      await act();
    } catch (error) {
      this.#say(`${name} cannot be opened: ${error instanceof Error ? error.message : String(error)}`, true);
      if (!this.#dialog.open) {
        this.#dialog.showModal();
        await this.#fill();
      }
    } finally {
      this.#isBusy = false;
      this.#progress.hidden = true;
    }
  }

  async #fill(): Promise<void> {
    const items = [this.#item(`${BUILTIN.name} (comes with the page)`, () => this.#work(BUILTIN.name, () => this.#chosen(BUILTIN)))];
    try {
      for (const kept of await this.#keep.images()) {
        const forget = async () => {
          await this.#keep.forgetImage(kept.id);
          await this.#fill();
        };
        items.push(this.#item(kept.name, () => this.#work(kept.name, () => this.#chosen(kept)), forget));
      }
    } catch (error) {
      this.#say(`What was kept in this browser cannot be read: ${error instanceof Error ? error.message : String(error)}`, true);
    }
    try {
      for (const name of (await this.#local?.images()) ?? []) {
        items.push(this.#item(`${name} (in this machine's store)`, () => this.#fetched(name, (progress) => this.#local!.image(name, progress))));
      }
    } catch (error) {
      this.#say(error instanceof Error ? error.message : String(error), true);
    }
    this.#list.replaceChildren(...items);
  }

  async #chosen(image: Image): Promise<void> {
    await this.#open(image);
    this.#dialog.close();
  }

  #item(text: string, choose: () => Promise<void>, forget?: () => Promise<void>): HTMLLIElement {
    const item = document.createElement("li");
    const button = (label: string, act: () => Promise<void>) => {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = label;
      made.addEventListener("click", () => void act());
      item.append(made);
      return made;
    };
    button(text, choose).className = "choice";
    if (forget) button("Forget", forget).setAttribute("aria-label", `Forget ${text}`);
    return item;
  }

  #droppable(): void {
    const page = document.documentElement;
    page.addEventListener("dragover", (event) => {
      event.preventDefault();
      page.classList.add("dropping");
    });
    page.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) page.classList.remove("dropping");
    });
    page.addEventListener("drop", (event) => {
      event.preventDefault();
      page.classList.remove("dropping");
      const dropped = event.dataTransfer?.files[0];
      if (dropped) void this.archive(dropped, dropped.name);
    });
  }

  #say(sentence: string, isError: boolean): void {
    this.#message.textContent = shownText(sentence);
    this.#message.classList.toggle("error", isError);
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
