import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { onTestFinished } from "vitest";

/**
 * Has the running test's process fail to open files: `faultOf` gives the code for a path, or
 * undefined where it may be opened.
 */
export function failOpens(faultOf: (path: string) => string | undefined): void {
  const { openSync } = fs;
  onTestFinished(() => {
    fs.openSync = openSync;
    syncBuiltinESMExports();
  });
  fs.openSync = (path, ...others) => {
    const code = faultOf(String(path));
    if (code !== undefined) throw Object.assign(new Error(`${code}: for the test`), { code });
    return openSync(path, ...others);
  };
  syncBuiltinESMExports();
}
