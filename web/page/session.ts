/** A container with a terminal: its shell, its files that outlive it, and what is told of both. */

import { shortName, type Image } from "./images.ts";
import { Keep, KeepError } from "./keep.ts";
import type { Outcome, RunRequest } from "./protocol.ts";
import { Stopped, type Listener, type Runner } from "./runner.ts";
import { Screen } from "./view/screen.ts";
import { jspi } from "./worker/jspi.ts";

/** What a session tells the page. */
export interface SessionListener {
  /** How things are, in a few words. */
  state(state: "busy" | "idle" | "good" | "bad", text: string): void;
  /** Something that the user should know, in a sentence. */
  note(sentence: string): void;
  /** Whether what is changed now will be there after a reload. */
  kept(sentence: string): void;
  calls: NonNullable<Listener["calls"]>;
  programs: NonNullable<Listener["programs"]>;
  /** Another container runs, or none. */
  changed(runs: boolean): void;
}

/** What a container begins with, where that is not what its image and the browser have. */
export interface Beginning {
  /** The command; a shell by default. */
  command?: string[];
  /** The tar of a layer with changed files, in place of those that the browser has kept. They are not kept. */
  written?: Uint8Array;
}

const SHELL = ["sh"];
/** The name of the moment at which a container first wrote something. */
const FIRST_OUTPUT = "wcr-first-output";
/** The exit code of a command that is not there. */
const NOT_FOUND = 127;
/** The exit code of a container that wcr could not make. */
const WCR_FAILED = 125;
/** How long a container that is to be left may take to say what it has changed, in milliseconds. */
const LAST_WORDS = 1000;

export class Session {
  readonly runner: Runner;
  readonly #keep: Keep;
  readonly #screen: Screen;
  readonly #listener: SessionListener;
  #image: Image | undefined;
  /** The tar of a layer with all that was changed, as far as it is known. */
  #written: Uint8Array | undefined;
  #savedAt: Date | undefined;
  /** Why changes are not kept. */
  #unkept: string | undefined;
  #release: (() => void) | undefined;
  #running = false;
  /** No container runs, but the image's files are looked at. */
  #browsing = false;
  /** Keys that came before the container was there. */
  #early: Uint8Array[] | undefined;
  /** Each container has its number, so that a late message is known. */
  #number = 0;
  /** Starts the next container; there is something to wait for. */
  #again: (() => void) | undefined;

  constructor(runner: Runner, screen: Screen, keep: Keep, listener: SessionListener) {
    this.runner = runner;
    [this.#screen, this.#keep, this.#listener] = [screen, keep, listener];
  }

  get image(): Image | undefined {
    return this.#image;
  }

  get isRunning(): boolean {
    return this.#running;
  }

  /** Whether there are files to be looked at. */
  get hasFiles(): boolean {
    return this.#running || this.#browsing;
  }

  /** Keys for the container; when none runs, Enter starts one. */
  keys(bytes: Uint8Array): void {
    if (this.#running && this.#early) this.#early.push(bytes);
    else if (this.#running) this.runner.input(bytes);
    else if (bytes.includes(0x0d)) this.#again?.();
  }

  /** Makes a container of an image, in place of the one that runs. Fails when the image's archive cannot be used. */
  async open(image: Image, beginning: Beginning = {}): Promise<Image> {
    await this.leave();
    const number = ++this.#number;
    this.#listener.state("busy", "opening");
    let named: Image;
    try {
      named = image.archive ? await this.#unpack(image, image.archive) : image;
    } catch (error) {
      await this.#goOn(number);
      throw error;
    }
    this.#screen.reset(true);
    this.#image = named;
    await this.#recall(named, beginning);
    if (number !== this.#number) return named;
    if (jspi()) void this.#live(number, beginning.command);
    else await this.#browse(named);
    return named;
  }

  /** Lets the files be looked at, where no container can run. */
  async #browse(image: Image): Promise<void> {
    await this.runner.load();
    await this.runner.ask("browse", image.archive !== undefined, this.#written);
    this.#browsing = true;
    this.#listener.state("bad", "cannot run here");
    this.#listener.changed(true);
  }

  /** Starts a container of the image that was there before. */
  async #goOn(number: number): Promise<void> {
    if (!this.#image) return;
    if (this.#unkept === undefined) await this.#lock(this.#image);
    if (number === this.#number && jspi()) void this.#live(number, undefined);
  }

  /** Gives the runner an archive: the image has the name that stands there. */
  async #unpack(image: Image, archive: Blob): Promise<Image> {
    const { names } = await this.runner.open(new Uint8Array(await archive.arrayBuffer()));
    const [name] = names;
    return name === undefined ? image : { ...image, name: shortName(name) };
  }

  /** Ends the container that runs, after its changes are kept. */
  async leave(): Promise<void> {
    this.#number++;
    if (this.#running) {
      const late = new Promise<void>((resolve) => setTimeout(resolve, LAST_WORDS));
      await Promise.race([this.save().catch(() => {}), late]);
      this.runner.stop();
    }
    this.#release?.();
    this.#release = undefined;
  }

  /** Ends what runs, whatever it does, and starts anew. */
  stop(): void {
    if (this.#running) this.runner.stop();
    else this.#again?.();
  }

  /** Forgets all that was changed, and starts anew. */
  async afresh(): Promise<void> {
    if (!this.#image) return;
    const image = this.#image;
    this.#number++;
    if (this.#running) this.runner.stop();
    this.#release?.();
    this.#release = undefined;
    await this.#keep.forgetFiles(image.id).catch(() => {});
    await this.open(image);
  }

  /** All that is changed now, as the tar of a layer. */
  async changes(): Promise<Uint8Array | undefined> {
    if (this.#running) this.#written = await this.runner.ask("changes");
    return this.#written;
  }

  /** Keeps what is changed now. */
  async save(): Promise<void> {
    await this.changes();
    await this.#store();
  }

  /** Takes on the files of a link or an import as the browser's own. */
  async adopt(): Promise<void> {
    this.#unkept = undefined;
    if (this.#image) await this.#lock(this.#image);
    await this.save();
  }

  /** Finds what was kept of an image's container, unless the beginning has something else. */
  async #recall(image: Image, { written }: Beginning): Promise<void> {
    [this.#written, this.#savedAt, this.#unkept] = [written, undefined, undefined];
    if (written) {
      this.#unkept = "The files of a link are not kept, unless you keep them";
      return this.#tellKept();
    }
    await this.#lock(image);
    try {
      const kept = await this.#keep.files(image.id);
      if (kept) [this.#written, this.#savedAt] = [kept.tar, new Date(kept.at)];
    } catch (error) {
      this.#unkept = `Changes are not kept: ${reason(error)}`;
    }
    this.#tellKept();
  }

  /** Two tabs with one container's files would overwrite each other's: only one keeps them. */
  async #lock({ id }: Image): Promise<void> {
    this.#release?.();
    this.#release = undefined;
    const locks: LockManager | undefined = navigator.locks;
    if (!locks) return;
    const free = await new Promise<boolean>((resolve) => {
      void locks.request(`wcr-files-${id}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock && new Promise<void>((release) => (this.#release = release));
      });
    });
    if (!free) this.#unkept = "Another tab has this image open and keeps its files; changes made here are not kept";
  }

  async #live(number: number, command: string[] | undefined): Promise<void> {
    const again = new Promise<void>((resolve) => (this.#again = resolve));
    this.#running = true;
    this.#listener.changed(true);
    this.#listener.state("busy", "running");
    let ended: Outcome | Error;
    try {
      ended = await this.#run(command ?? SHELL);
      if (!command && ended.code === NOT_FOUND && ended.notes.length > 0 && !ended.written) {
        // An image without a shell has a program of its own.
        ended.notes.forEach((note) => this.#screen.say(note));
        ended = await this.#run([]);
      }
    } catch (error) {
      ended = error instanceof Error ? error : new Error(String(error));
    }
    if (number !== this.#number) return;
    this.#running = false;
    this.#screen.reset(false);
    if (!(await this.#tellEnd(ended))) await again;
    this.#listener.changed(false);
    if (number === this.#number) void this.#live(number, undefined);
  }

  #run(command: string[]): Promise<Outcome> {
    const request: RunRequest = { command, terminal: this.#screen.size, archive: this.#image?.archive !== undefined };
    if (this.#written) request.written = this.#written;
    this.#early = [];
    return this.runner.run(request, {
      output: (_error, bytes) => {
        if (performance.getEntriesByName(FIRST_OUTPUT).length === 0) performance.mark(FIRST_OUTPUT);
        this.#listener.state("idle", "running");
        this.#begun();
        return this.#screen.write(bytes);
      },
      reading: () => this.#begun(),
      calls: this.#listener.calls,
      programs: this.#listener.programs,
      written: (tar) => {
        this.#written = tar;
        void this.#store();
      },
    });
  }

  /** The container is there and takes keys. */
  #begun(): void {
    if (!this.#early) return;
    this.runner.resize(this.#screen.size);
    for (const bytes of this.#early) this.runner.input(bytes);
    this.#early = undefined;
  }

  /** Says how a container ended; whether the next one starts by itself. */
  async #tellEnd(ended: Outcome | Error): Promise<boolean> {
    if (ended instanceof Stopped) {
      const since = this.#savedAt ? `what files had been changed after ${this.#savedAt.toLocaleTimeString()}` : "what files had been changed";
      this.#screen.say(`Stopped: all programs have ended, and ${since} is lost.`);
      return true;
    }
    if (ended instanceof Error) {
      this.#listener.state("bad", "wcr failed");
      this.#screen.say(`wcr itself has failed: ${ended.message}. Enter starts it anew, with the files as they were last kept.`);
      return false;
    }
    const { code, notes, written } = ended;
    for (const note of notes) this.#screen.say(note);
    if (code === WCR_FAILED && this.#written && !written && /cannot be used/.test(notes.join())) {
      this.#screen.say("What the browser has kept of this container's files is damaged: it starts without them.");
      this.#written = undefined;
      if (this.#image) await this.#keep.forgetFiles(this.#image.id).catch(() => {});
      return true;
    }
    if (code !== WCR_FAILED && code !== NOT_FOUND) {
      this.#written = written;
      await this.#store();
    }
    this.#listener.state(code === 0 ? "good" : "bad", `ended with ${code}`);
    this.#screen.say(`Ended with exit code ${code}. Enter starts a shell.`);
    return false;
  }

  async #store(): Promise<void> {
    if (this.#unkept !== undefined || !this.#image) return;
    const { id } = this.#image;
    try {
      if (this.#written) await this.#keep.keepFiles(id, this.#written);
      else await this.#keep.forgetFiles(id);
      this.#savedAt = new Date();
    } catch (error) {
      if (!(error instanceof KeepError)) throw error;
      this.#listener.note(`What files are changed is not kept: ${error.message}`);
    }
    this.#tellKept();
  }

  #tellKept(): void {
    const saved = this.#savedAt ? `Changed files kept at ${this.#savedAt.toLocaleTimeString()}` : "Changed files are kept in this browser";
    this.#listener.kept(this.#unkept ?? saved);
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
