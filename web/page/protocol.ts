/** The messages between the page and its worker. */

/** What is to be run. */
export interface RunRequest {
  /** The command's words; none for the image's own command. */
  command: string[];
  /** The opened archive's image instead of the built-in one. */
  archive?: boolean;
  /** The working directory. */
  workdir?: string;
  /** All of the standard input; without it the container asks for input when it reads. */
  input?: Uint8Array;
  /** A tar whose files are added to the image. */
  files?: Uint8Array;
  /** The run's clock and randomness are its own, and its trace has a digest. */
  deterministic?: boolean;
}

/** How a run ended. */
export interface Outcome {
  code: number;
  /** What the user should know beside the output, a sentence each. */
  notes: string[];
  /** The trace's digest, of a deterministic run. */
  digest?: string;
  /** From the start of the run to its end, in milliseconds. */
  milliseconds: number;
}

/** What an opened archive is. */
export interface Archive {
  /** The image's names, as the archive has them. */
  names: string[];
  layers: number;
}

export type ToWorker =
  | { type: "load"; files: BuiltinUrls }
  | { type: "open"; archive: Uint8Array }
  | { type: "run"; request: RunRequest }
  | { type: "input"; bytes: Uint8Array }
  | { type: "end-input" }
  /** That many output messages have been shown. */
  | { type: "shown"; count: number };

export type FromWorker =
  | { type: "loaded" }
  | { type: "opened"; archive: Archive }
  /** An answer to `open`: the archive cannot be used. */
  | { type: "refused"; reason: string }
  | { type: "output"; error: boolean; bytes: Uint8Array<ArrayBuffer> }
  /** A process waits for input. */
  | { type: "reading" }
  | { type: "ended"; outcome: Outcome }
  /** The worker cannot go on: a new one is needed. */
  | { type: "broken"; reason: string };

/** Where the built-in image's files are. */
export interface BuiltinUrls {
  layer: string;
  index: string;
  config: string;
}
