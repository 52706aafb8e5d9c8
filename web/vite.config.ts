import { defineConfig } from "vite";

export default defineConfig({
  // The page can lie in any folder of a server.
  base: "./",
  build: { target: "es2023", assetsInlineLimit: 0 },
  worker: { format: "es" },
});
