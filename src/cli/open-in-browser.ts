import { spawn } from "node:child_process";

/** The system's program that opens an address. None of these programs is a shell. */
function findOpener(url: string): [program: string, args: string[]] | undefined {
  if (process.platform === "darwin") return ["open", [url]];
  if (process.platform === "win32") return ["rundll32", ["url.dll,FileProtocolHandler", url]];
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  return (DISPLAY ?? "") === "" && (WAYLAND_DISPLAY ?? "") === "" ? undefined : ["xdg-open", [url]];
}

/**
 * Opens an http or https address in the user's browser. Resolves to whether the browser could be
 * started.
 */
export async function openInBrowser(url: string): Promise<boolean> {
  const opener = findOpener(url);
  if (opener === undefined) return false;
  return await new Promise((resolve) => {
    const child = spawn(opener[0], opener[1], { stdio: "ignore", detached: true, shell: false });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      // The browser may keep running after this process.
      child.unref();
      resolve(true);
    });
  });
}
