import { defineConfig } from "vite";

// The local page (`talktrace serve`), built into the package by `npm run build`.
export default defineConfig({
  root: "src/viewer/pages",
  base: "/",
  publicDir: false,
  build: {
    outDir: "../../../dist/page",
    emptyOutDir: true,
    target: "es2022",
    // Nothing inline: the page's policy allows files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
