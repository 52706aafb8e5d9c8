/** What the page keeps in the browser: images once opened, and the files that containers have changed. */

const NAME = "wcr";
const VERSION = 1;

/** An image that was opened before. */
export interface KeptImage {
  /** The digest of its archive. */
  id: string;
  name: string;
  archive: Blob;
}

/** The files that a container of an image has changed. */
interface KeptFiles {
  id: string;
  /** The tar of a layer. */
  tar: Blob;
  at: number;
}

/** A part of an image on its way. */
interface Part {
  digest: string;
  bytes: Blob;
}

/** The browser does not keep something, and why. */
export class KeepError extends Error {}

interface Stores {
  images: KeptImage;
  files: KeptFiles;
  parts: Part;
}

const KEYS: Record<keyof Stores, string> = { images: "id", files: "id", parts: "digest" };

export class Keep {
  #opened: Promise<IDBDatabase> | undefined;

  images(): Promise<KeptImage[]> {
    return this.#do("images", "readonly", (store) => store.getAll());
  }

  image(id: string): Promise<KeptImage | undefined> {
    return this.#do("images", "readonly", (store) => store.get(id));
  }

  async keepImage(image: KeptImage): Promise<void> {
    await this.#do("images", "readwrite", (store) => store.put(image));
  }

  /** Forgets an image and the files of its container. */
  async forgetImage(id: string): Promise<void> {
    await this.#do("images", "readwrite", (store) => store.delete(id));
    await this.forgetFiles(id);
  }

  /** The tar of a layer, and when it was kept. */
  async files(id: string): Promise<{ tar: Uint8Array; at: number } | undefined> {
    const kept = await this.#do("files", "readonly", (store) => store.get(id) as IDBRequest<KeptFiles | undefined>);
    return kept && { tar: new Uint8Array(await kept.tar.arrayBuffer()), at: kept.at };
  }

  async keepFiles(id: string, tar: Uint8Array): Promise<void> {
    const kept: KeptFiles = { id, tar: new Blob([tar as Uint8Array<ArrayBuffer>]), at: Date.now() };
    await this.#do("files", "readwrite", (store) => store.put(kept));
  }

  async forgetFiles(id: string): Promise<void> {
    await this.#do("files", "readwrite", (store) => store.delete(id));
  }

  /** What has been fetched of a blob. */
  async part(digest: string): Promise<Blob | undefined> {
    const part = await this.#do("parts", "readonly", (store) => store.get(digest) as IDBRequest<Part | undefined>);
    return part?.bytes;
  }

  async keepPart(digest: string, bytes: Blob): Promise<void> {
    await this.#do("parts", "readwrite", (store) => store.put({ digest, bytes }));
  }

  async forgetParts(): Promise<void> {
    await this.#do("parts", "readwrite", (store) => store.clear());
  }

  async #do<S extends keyof Stores, R>(
    name: S,
    mode: IDBTransactionMode,
    act: (store: IDBObjectStore) => IDBRequest<R>,
  ): Promise<R> {
    try {
      this.#opened ??= open();
      const database = await this.#opened;
      // Made whole or not at all, also when the tab is killed meanwhile.
      const transaction = database.transaction(name, mode);
      const request = act(transaction.objectStore(name));
      return await new Promise<R>((resolve, reject) => {
        transaction.oncomplete = () => resolve(request.result);
        transaction.onabort = () => reject(transaction.error ?? request.error);
        transaction.onerror = () => reject(request.error);
      });
    } catch (error) {
      this.#opened = undefined;
      throw new KeepError(sentence(error));
    }
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(KEYS)) request.result.createObjectStore(name, { keyPath });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("another tab has an older version of this page open"));
  });
}

function sentence(error: unknown): string {
  if (error instanceof DOMException && error.name === "QuotaExceededError") {
    return "the browser gives this page no more room";
  }
  return error instanceof Error ? error.message || error.name : String(error);
}
