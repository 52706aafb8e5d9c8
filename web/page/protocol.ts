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
  /** The tar of a layer: what a container of the image has changed before, and this one goes on from. */
  written?: Uint8Array;
  /** The streams are a terminal of this size, whose keys are the input. */
  terminal?: Size;
  /** The run's clock and randomness are its own, and its trace has a digest. */
  deterministic?: boolean;
}

/** The size of a terminal, in characters. */
export interface Size {
  rows: number;
  columns: number;
}

/** How a run ended. */
export interface Outcome {
  code: number;
  /** What the user should know beside the output, a sentence each. */
  notes: string[];
  /** The trace's digest, of a deterministic run. */
  digest?: string;
  /** What the container has changed, as the tar of a layer; only of one with a terminal. */
  written?: Uint8Array;
  /** From the start of the run to its end, in milliseconds. */
  milliseconds: number;
}

/** What an opened archive is. */
export interface Archive {
  /** The image's names, as the archive has them. */
  names: string[];
  layers: number;
}

/** A name in a folder of the container, and what it stands for. */
export interface FileEntry {
  name: Uint8Array;
  /** Where a symbolic link leads. */
  target: Uint8Array | undefined;
  /** Kind and permissions, as `stat(2)` has them. */
  mode: number;
  size: number;
  /** The last change, in seconds since 1970. */
  mtime: number;
  /** Whether it is a folder, or a link to one. */
  folder: boolean;
}

/** A process that has not ended. Times are in milliseconds. */
export interface ProcessEntry {
  pid: number;
  ppid: number;
  uid: number;
  started: number;
  cpu: number;
  command: string;
}

/** What can be asked of the container that runs. Paths are absolute, as bytes. */
export interface Questions {
  list(path: Uint8Array): FileEntry[];
  read(path: Uint8Array): Uint8Array;
  write(path: Uint8Array, content: Uint8Array): void;
  makeFolder(path: Uint8Array): void;
  /** A folder goes with all that is in it. */
  remove(path: Uint8Array): void;
  processes(): ProcessEntry[];
  /** Sends a signal (by its number) to a process. */
  signal(pid: number, signal: number): void;
  /** The tar of a layer with all that is changed. */
  changes(): Uint8Array | undefined;
  /** Where no container runs: lets an image's files be looked at, with what was changed before. */
  browse(archive: boolean, written: Uint8Array | undefined): void;
  /** Whether calls are told of from now on. */
  watch(on: boolean): void;
}

export type ToWorker =
  | { type: "load"; files: BuiltinUrls }
  | { type: "open"; archive: Uint8Array }
  | { type: "run"; request: RunRequest }
  | { type: "input"; bytes: Uint8Array }
  | { type: "end-input" }
  | { type: "resize"; size: Size }
  | { type: "ask"; id: number; question: keyof Questions; args: unknown[] }
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
  | { type: "answer"; id: number; answer: unknown }
  /** A question that gets no answer. */
  | { type: "denied"; id: number; reason: string }
  /** Lines of the trace; so many more could not be told. */
  | { type: "calls"; lines: string; left: number }
  /** Programs that were started or refused: the sentences, and how often. */
  | { type: "programs"; sentences: [string, number][] }
  /** The container with a terminal has changed files. */
  | { type: "written"; tar: Uint8Array | undefined }
  | { type: "ended"; outcome: Outcome }
  /** The worker cannot go on: a new one is needed. */
  | { type: "broken"; reason: string };

/** Where the built-in image's files are. */
export interface BuiltinUrls {
  layer: string;
  index: string;
  config: string;
}
