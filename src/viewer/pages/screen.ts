import { signal } from "@preact/signals";

const wide = matchMedia("(min-width: 68.75rem)");

/** Whether there is room for a panel beside the transcript. */
export const isWide = signal(wide.matches);
wide.addEventListener("change", () => (isWide.value = wide.matches));

const dark = matchMedia("(prefers-color-scheme: dark)");
const contrast = matchMedia("(forced-colors: active)");

/** Grows when the colours change, because a canvas has to be drawn anew. */
export const coloursVersion = signal(0);
for (const query of [dark, contrast])
  query.addEventListener("change", () => (coloursVersion.value += 1));
