import { defineConfig, type Plugin } from "vite";

/** The page's own script is imported by its first one, but fetched beside it. */
const fetchedEarly: Plugin = {
  name: "fetched-early",
  transformIndexHtml: {
    order: "post",
    handler(_html, { bundle }) {
      const chunks = Object.values(bundle ?? {}).flatMap((each) => (each.type === "chunk" ? [each] : []));
      const page = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith("/page/main.ts"));
      return (page ? [page.fileName, ...page.imports] : []).map((name) => ({
        tag: "link",
        attrs: { rel: "modulepreload", crossorigin: true, href: `./${name}` },
        injectTo: "head" as const,
      }));
    },
  },
};

export default defineConfig({
  // The page can lie in any folder of a server.
  base: "./",
  build: {
    target: "es2023",
    // Browsers with JSPI have `light-dark()`, which would else be replaced by what the system says alone.
    cssTarget: "chrome137",
    assetsInlineLimit: 0,
    // The page, and the package for other pages, over the same files.
    rolldownOptions: {
      input: { index: "index.html", wcr: "embed/wcr.ts" },
      preserveEntrySignatures: "strict",
      output: { entryFileNames: ({ name }) => (name === "wcr" ? "wcr.js" : "assets/[name]-[hash].js") },
    },
  },
  worker: { format: "es" },
  plugins: [fetchedEarly],
});
