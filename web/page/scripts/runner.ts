/** Runs test scripts, each in a worker of its own, which can be ended whatever the script does. */

import { builtinUrls, Stopped } from "../runner.ts";
import type { CaseEnded, FromScripts, ScriptEnded, ScriptRun, ToScripts } from "./protocol.ts";

export class ScriptRunner {
  #stop: ((error: Error) => void) | undefined;

  /** Runs a script to its end; its containers may be of the image whose archive is given. */
  run(run: ScriptRun, archive: Uint8Array | undefined, told: (ended: CaseEnded) => void): Promise<ScriptEnded> {
    const worker = new Worker(new URL("./scripts.ts", import.meta.url), { type: "module" });
    const ended = new Promise<ScriptEnded>((resolve, reject) => {
      this.#stop = reject;
      worker.onerror = (event) => reject(new Error(event.message || "the worker for scripts could not be loaded"));
      worker.onmessage = ({ data }: MessageEvent<FromScripts>) => {
        if (data.type === "case") told(data.case);
        else if (data.type === "ended") resolve(data.ended);
        else reject(new Error(data.reason));
      };
    });
    worker.postMessage({ type: "run", files: builtinUrls(), ...(archive && { archive }), run } satisfies ToScripts);
    return ended.finally(() => worker.terminate());
  }

  /** Ends the script that runs. */
  stop(): void {
    this.#stop?.(new Stopped("stopped"));
  }
}
