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

/** The files of an OCI layout with one image of one layer, by their paths. */
export function ociLayout(config, files) {
  const blobs = {};
  const put = (mediaType, content) => {
    const hex = createHash("sha256").update(content).digest("hex");
    blobs[`blobs/sha256/${hex}`] = content;
    return { mediaType, digest: `sha256:${hex}`, size: content.length };
  };
  const json = (value) => Buffer.from(JSON.stringify(value));
  const layer = put("application/vnd.oci.image.layer.v1.tar", tar(files));
  const image = { architecture: "amd64", os: "linux", config, rootfs: { type: "layers", diff_ids: [layer.digest] } };
  const described = put("application/vnd.oci.image.config.v1+json", json(image));
  const type = "application/vnd.oci.image.manifest.v1+json";
  const manifest = put(type, json({ schemaVersion: 2, mediaType: type, config: described, layers: [layer] }));
  return {
    "oci-layout": json({ imageLayoutVersion: "1.0.0" }),
    "index.json": json({ schemaVersion: 2, manifests: [manifest] }),
    ...blobs,
  };
}
