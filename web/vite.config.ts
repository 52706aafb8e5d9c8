import { defineConfig } from "vite";

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
});
