/** Containers of unmodified images in a browser's tab. */

/** An image: the name of the one that comes with the package, or what `docker save` (or skopeo) has written. */
export type Image = "busybox" | Blob | Uint8Array;

/** How a container is run. */
export interface Options {
  /** All of its standard input; there is none by default. */
  input?: string | Uint8Array;
  /** Files that are added to the image, by their absolute paths. */
  files?: Record<string, string | Uint8Array>;
  /** The working directory; by default the image's. */
  workdir?: string;
  /** The run's clock and randomness are its own, so that it is the same every time; the result has a digest then. */
  deterministic?: boolean;
  /** Is told what the container writes, as it comes. The container waits for a promise that this gives. */
  output?(bytes: Uint8Array, stream: "stdout" | "stderr"): void | Promise<void>;
  /** Ends the container, whatever it does; the run is then rejected with the signal's reason. */
  signal?: AbortSignal;
}

/** How a container ended. */
export interface Result {
  /** The exit code of its first process; 128+n when signal n killed it, 125 when it could not be made. */
  code: number;
  /** What it wrote, as text. One that writes more than 64 MiB is ended, and the run fails. */
  stdout: string;
  stderr: string;
  /** What the user should know beside the output, a sentence each. */
  notes: string[];
  /** SHA-256 over all that the container did, in hexadecimal; only of a deterministic run. */
  digest?: string;
  milliseconds: number;
}

/**
 * Runs a command in a new container of an image; without words the image's own command. Containers of one image run one
 * after the other, those of different images side by side.
 *
 * Fails when the image cannot be used, when the browser has no JavaScript Promise Integration, or when it was ended.
 */
export function run(image: Image, command?: string[], options?: Options): Promise<Result>;

/** Whether this browser can run containers. */
export function isSupported(): boolean;

/**
 * The element `<wcr-run image="busybox" cmd="ls -la /"></wcr-run>`: a command that the reader can run, and its output.
 * `archive` (a URL) names another image, `input` is the standard input, `deterministic` makes each run the same, `auto`
 * runs it when it is first seen. It sends the event `wcr-end`, whose `detail` is a {@link Result}.
 *
 * Importing the package defines it.
 */
export class WcrRun extends HTMLElement {
  /** Runs the command, as the button does. */
  run(): Promise<Result | undefined>;
}

declare global {
  interface HTMLElementTagNameMap {
    "wcr-run": WcrRun;
  }
}
