/** Looks at something again and again, as long as it is seen. */
export class Periodic {
  readonly #look: () => Promise<void>;
  readonly #pause: number;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** `pause` is in milliseconds. */
  constructor(look: () => Promise<void>, pause: number) {
    this.#look = look;
    this.#pause = pause;
  }

  show(seen: boolean): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!seen) return;
    void this.#look();
    this.#timer = setInterval(() => document.hidden || void this.#look(), this.#pause);
  }
}
