import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Debian's, Fedora's and Google's names. `CHROMIUM` names another. */
const PLACES = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** Where Chromium is; undefined if there is none. */
export const chromiumPath = PLACES.find((place) => place !== undefined && existsSync(place));

if (chromiumPath === undefined)
  console.log("Skipped: there is no Chromium; `apt-get install chromium`, or set CHROMIUM");

export async function openBrowser(): Promise<Browser> {
  // Root has no sandbox of Chromium's, and a container has little shared memory.
  const args = ["--no-sandbox", "--disable-dev-shm-usage"];
  return await chromium.launch({ executablePath: chromiumPath ?? "chromium", args });
}
