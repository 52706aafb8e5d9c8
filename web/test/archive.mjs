/** Tars, and archives as `docker save` writes them. */

import { createHash } from "node:crypto";

/** A tar of executable files. */
export function tar(files) {
  return Buffer.concat([...files.flatMap(({ name, content }) => entry(name, content)), Buffer.alloc(1024)]);
}

/** An archive with one image of one layer. */
export function dockerArchive(name, config, files) {
  const layer = tar(files);
  const diffId = `sha256:${createHash("sha256").update(layer).digest("hex")}`;
  const json = (value) => Buffer.from(JSON.stringify(value));
  const image = json({
    architecture: "amd64",
    os: "linux",
    config,
    rootfs: { type: "layers", diff_ids: [diffId] },
  });
  const configName = `${createHash("sha256").update(image).digest("hex")}.json`;
  return tar([
    { name: "layer.tar", content: layer },
    { name: configName, content: image },
    { name: "manifest.json", content: json([{ Config: configName, RepoTags: [name], Layers: ["layer.tar"] }]) },
  ]);
}

function entry(name, content) {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write("0000755\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write("        0", 148);
  header.write("ustar\u000000", 257, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}
