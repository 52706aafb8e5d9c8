/** The answers to what the page asks of the container that runs. */

import * as kernel from "../../generated/wcr_web.js";
import type { FileEntry, ProcessEntry, Questions } from "../protocol.ts";

export const answers: Questions = {
  list: (path) =>
    kernel.listFolder(path).map((entry): FileEntry => {
      const { name, target, mode, size, mtime, folder } = entry;
      entry.free();
      return { name, target, mode, size, mtime, folder };
    }),
  read: (path) => kernel.readFile(path),
  write: (path, content) => kernel.writeFile(path, content),
  makeFolder: (path) => kernel.makeFolder(path),
  remove: (path) => kernel.removeFile(path),
  processes: () =>
    kernel.processes().map((entry): ProcessEntry => {
      const { pid, ppid, uid, started, cpu, command } = entry;
      entry.free();
      return { pid, ppid, uid, started, cpu, command };
    }),
  signal: (pid, signal) => kernel.signal(pid, signal),
  changes: () => kernel.changes(),
  browse: (archive, written) => kernel.browse(archive, written),
  watch: (on) => kernel.watch(on),
};
