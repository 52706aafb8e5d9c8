/** The wcr of the user's machine, where the page comes from `wcr playground`. */

import { fetched } from "./transfer.ts";
import type { Progress } from "./view/picker.ts";

/** The page of `wcr playground` says where its questions go. */
const META = 'meta[name="wcr-playground"]';

export class LocalWcr {
  readonly #base: URL;

  private constructor(base: URL) {
    this.#base = base;
  }

  /** It is there when it has served this page. */
  static here(): LocalWcr | undefined {
    const path = document.querySelector<HTMLMetaElement>(META)?.content;
    return path === undefined ? undefined : new LocalWcr(new URL(path, document.baseURI));
  }

  /** The names of the images in its store. */
  async images(): Promise<string[]> {
    const response = await fetch(new URL("images", this.#base));
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as string[];
  }

  /** An image as an archive; one that is not in the store is pulled. */
  image(name: string, progress: Progress): Promise<Blob> {
    const url = new URL("archive", this.#base);
    url.searchParams.set("image", name);
    return fetched(url, progress, { method: "POST" });
  }
}
