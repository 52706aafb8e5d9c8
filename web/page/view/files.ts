/** The panel of the container's files. */

import type { FileEntry } from "../protocol.ts";
import type { Session } from "../session.ts";
import { download } from "./download.ts";
import { element } from "./elements.ts";
import { joined, shownName, SLASH } from "./names.ts";
import { Periodic } from "./periodic.ts";

/** Longer files, in bytes, are not shown, but can be downloaded. */
const SHOWN_MAX = 1 << 20;
/** The tree is looked at again after so many milliseconds. */
const PAUSE = 2000;

export class FilesPanel {
  readonly #session: Session;
  readonly #root = element("files", HTMLUListElement);
  readonly #message = element("files-message", HTMLElement);
  readonly #placeName = element("files-place", HTMLElement);
  readonly #chosen = element("files-chosen", HTMLInputElement);
  readonly #viewer = element("file", HTMLElement);
  readonly #name = element("file-name", HTMLElement);
  readonly #text = element("file-text", HTMLTextAreaElement);
  readonly #fileMessage = element("file-message", HTMLElement);
  /** The folder that new files go into. */
  #place: Uint8Array = SLASH;
  /** The file that is shown. */
  #open: { path: Uint8Array; content: Uint8Array } | undefined;
  /** What is shown of each open folder, so that only changes are drawn. */
  #drawn = new WeakMap<HTMLUListElement, string>();
  readonly #periodic = new Periodic(() => this.refresh(), PAUSE);

  constructor(session: Session) {
    this.#session = session;
    const click = (id: string, act: () => unknown) =>
      element(id, HTMLButtonElement).addEventListener("click", () => void this.#try(act));
    click("files-upload", () => this.#chosen.click());
    click("files-new", () => this.#make("file"));
    click("files-folder", () => this.#make("folder"));
    click("file-save", () => this.#save());
    click("file-download", () => this.#open && download(shownName(lastOf(this.#open.path)), this.#open.content));
    click("file-remove", () => this.#remove());
    click("file-close", () => this.#close());
    this.#chosen.addEventListener("change", () => void this.#try(() => this.#upload()));
  }

  /** Shows the files while the panel is seen. */
  show(seen: boolean): void {
    this.#periodic.show(seen);
  }

  /** Looks again at what is shown. */
  async refresh(): Promise<void> {
    if (!this.#session.hasFiles) return;
    try {
      await this.#draw(this.#root, SLASH);
    } catch {
      // The container ends just now: what was seen last stays.
    }
  }

  /** Closes what is shown, for another container. */
  reset(): void {
    this.#root.replaceChildren();
    this.#drawn = new WeakMap();
    this.#select(SLASH);
    this.#close();
  }

  async #draw(list: HTMLUListElement, path: Uint8Array): Promise<void> {
    const entries = await this.#session.runner.ask("list", path);
    const print = entries.map(({ name, mode, size, mtime }) => [shownName(name), mode, size, mtime].join()).join("\n");
    if (this.#drawn.get(list) !== print) {
      this.#drawn.set(list, print);
      this.#update(list, path, entries);
    }
    for (const details of list.querySelectorAll<HTMLDetailsElement>(":scope > li > details[open]")) {
      const inner = details.querySelector("ul");
      const name = entries.find((entry) => shownName(entry.name) === details.dataset["name"])?.name;
      // A folder that is gone meanwhile is noticed with the next look at the one around it.
      if (inner && name) await this.#draw(inner, joined(path, name)).catch(() => {});
    }
  }

  /** Makes the items those of the entries; those that stay are not touched, so that nobody loses the focus. */
  #update(list: HTMLUListElement, path: Uint8Array, entries: FileEntry[]): void {
    const keyOf = (entry: FileEntry) => `${entry.folder ? "d" : "f"}${shownName(entry.name)}`;
    const there = new Map([...list.children].map((item) => [(item as HTMLElement).dataset["key"], item]));
    const items = entries.map((entry) => {
      const key = keyOf(entry);
      const item = (there.get(key) as HTMLElement | undefined) ?? this.#item(key, entry, joined(path, entry.name));
      const size = item.querySelector(":scope > .size, :scope > details > summary > .size");
      if (size) size.textContent = entry.folder ? "" : entry.target ? "" : sizeText(entry.size);
      return item;
    });
    for (const item of [...list.children]) if (!items.includes(item as HTMLElement)) item.remove();
    items.forEach((item, at) => {
      if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
    });
  }

  #item(key: string, entry: FileEntry, path: Uint8Array): HTMLElement {
    const item = document.createElement("li");
    item.dataset["key"] = key;
    const name = shownName(entry.name) + (entry.target ? ` → ${shownName(entry.target)}` : "");
    const size = document.createElement("span");
    size.className = "size";
    if (entry.folder) {
      const details = document.createElement("details");
      details.dataset["name"] = shownName(entry.name);
      const [summary, inner] = [document.createElement("summary"), document.createElement("ul")];
      summary.append(name, size);
      details.append(summary, inner);
      details.addEventListener("toggle", () => {
        this.#select(details.open ? path : parentOf(path));
        if (details.open) void this.#try(() => this.#draw(inner, path));
      });
      item.append(details);
    } else {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.addEventListener("click", () => void this.#try(() => this.#show(path)));
      item.append(button, size);
    }
    return item;
  }

  #select(folder: Uint8Array): void {
    this.#place = folder;
    this.#placeName.textContent = shownName(folder);
  }

  async #show(path: Uint8Array): Promise<void> {
    const content = await this.#session.runner.ask("read", path);
    this.#open = { path, content };
    this.#select(parentOf(path));
    this.#viewer.hidden = false;
    this.#name.textContent = shownName(path);
    const text = textOf(content);
    this.#text.hidden = text === undefined;
    element("file-save", HTMLButtonElement).hidden = text === undefined;
    this.#text.value = text ?? "";
    this.#fileMessage.textContent = text === undefined ? `${sizeText(content.length)} that are no text` : "";
  }

  async #save(): Promise<void> {
    if (!this.#open) return;
    const content = new TextEncoder().encode(this.#text.value);
    await this.#session.runner.ask("write", this.#open.path, content);
    this.#open.content = content;
    this.#fileMessage.textContent = `Saved, ${sizeText(content.length)}`;
    await this.#changed();
  }

  async #remove(): Promise<void> {
    if (!this.#open || !confirm(`Delete ${shownName(this.#open.path)}?`)) return;
    await this.#session.runner.ask("remove", this.#open.path);
    this.#close();
    await this.#changed();
  }

  #close(): void {
    this.#open = undefined;
    this.#viewer.hidden = true;
  }

  async #make(kind: "file" | "folder"): Promise<void> {
    const name = prompt(`Name of the new ${kind} in ${shownName(this.#place)}`);
    if (!name) return;
    const path = joined(this.#place, new TextEncoder().encode(name));
    if (kind === "folder") await this.#session.runner.ask("makeFolder", path);
    else await this.#session.runner.ask("write", path, new Uint8Array());
    await this.#changed();
    if (kind === "file") await this.#show(path);
  }

  async #upload(): Promise<void> {
    const files = [...(this.#chosen.files ?? [])];
    this.#chosen.value = "";
    for (const file of files) {
      const path = joined(this.#place, new TextEncoder().encode(file.name));
      await this.#session.runner.ask("write", path, new Uint8Array(await file.arrayBuffer()));
    }
    await this.#changed();
  }

  async #changed(): Promise<void> {
    await this.refresh();
    await this.#session.save();
  }

  async #try(act: () => unknown): Promise<void> {
    this.#message.textContent = "";
    try {
      await act();
    } catch (error) {
      this.#message.textContent = error instanceof Error ? error.message : String(error);
    }
  }
}

/** The text that bytes are; none when they are none, or too many to be shown. */
function textOf(content: Uint8Array): string | undefined {
  if (content.length > SHOWN_MAX || content.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return undefined;
  }
}

function lastOf(path: Uint8Array): Uint8Array {
  return path.subarray(path.lastIndexOf(0x2f) + 1);
}

function parentOf(path: Uint8Array): Uint8Array {
  const end = path.lastIndexOf(0x2f);
  return end <= 0 ? SLASH : path.subarray(0, end);
}

function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), 4);
  return `${(bytes / 1000 ** power).toFixed(1)} ${["", "kB", "MB", "GB", "TB"][power]}`;
}
