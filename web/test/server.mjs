/** A server for the built page, on a port of its own: plain files, and the headers that every server of such gives. */

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** The folder that `vite build` writes. */
export const dist = fileURLToPath(new URL("../dist/", import.meta.url));

/** Serves the built page, and `more` pages by their paths; `close` ends that. */
export async function serve(more = {}) {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://localhost").pathname);
    if (Object.hasOwn(more, path)) {
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(more[path]);
      return;
    }
    const file = join(dist, path.endsWith("/") ? `${path}index.html` : path);
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    const modified = found.mtime.toUTCString();
    if (request.headers["if-modified-since"] === modified) {
      response.writeHead(304).end();
      return;
    }
    response.writeHead(200, { "content-type": type, "content-length": found.size, "last-modified": modified });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
