import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";

const repository = path.resolve(import.meta.dirname, "../../..");
const PROGRAMS = ["short-call.mjs", "own-setup.mjs"];
const QUIET = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];

/** This package's manifest. */
export const manifest = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8")) as {
  version: string;
  dependencies: object;
  peerDependencies: Record<string, string>;
};

/** Projects that have today's talktrace beside other versions of what it is used with. */
export interface VersionProjects {
  /** A folder that is removed by `remove()`. */
  folder: string;
  /**
   * The path of a project in the cache that has these packages, and talktrace as it is now.
   *
   * @param packages e.g. `@livekit/agents@1.8.1`
   * @param flags what npm gets beside them, e.g. `--force`
   * @throws Error when npm refuses
   */
  install(name: string, packages: readonly string[], flags?: readonly string[]): string;
  remove(): void;
}

/** @param cacheName the folder in the cache that the projects are kept in */
export function packForVersions(cacheName: string): VersionProjects {
  const cache = path.join(
    process.env["XDG_CACHE_HOME"] ?? path.join(os.homedir(), ".cache"),
    "talktrace",
    cacheName,
  );
  const folder = mkdtempSync(path.join(os.tmpdir(), "talktrace-versions-"));
  run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], repository);
  const tarball = path.join(folder, `talktrace-${manifest.version}.tgz`);

  return {
    folder,
    remove: () => rmSync(folder, { recursive: true, force: true }),
    install(name, packages, flags = []) {
      const project = path.join(cache, name);
      const marker = path.join(project, "installed");
      // What npm decides depends on these alone, and to decide takes it half a minute.
      const { dependencies, peerDependencies } = manifest;
      const wanted = JSON.stringify({ packages, flags, dependencies, peerDependencies });
      const key = createHash("sha256").update(wanted).digest("hex");
      if (!existsSync(marker) || readFileSync(marker, "utf8") !== key) {
        rmSync(project, { recursive: true, force: true });
        mkdirSync(project, { recursive: true });
        const own = '{ "private": true, "type": "module" }\n';
        writeFileSync(path.join(project, "package.json"), own);
        run("npm", ["install", "--save-exact", ...flags, ...QUIET, ...packages], project);
        run("npm", ["install", "--no-save", ...flags, ...QUIET, tarball], project);
        writeFileSync(marker, key);
      }
      const installed = path.join(project, "node_modules/talktrace");
      // In `node_modules` are the versions of what talktrace needs that do not fit the project's own.
      for (const entry of readdirSync(installed))
        if (entry !== "node_modules") rmSync(path.join(installed, entry), { recursive: true });
      run("tar", ["-xzf", tarball, "--strip-components=1", "-C", installed], project);
      for (const program of PROGRAMS)
        copyFileSync(path.join(import.meta.dirname, "..", program), path.join(project, program));
      return project;
    },
  };
}

/** Runs a program and gives what it printed; its errors show in the failure. */
export function run(command: string, parameters: readonly string[], cwd: string): string {
  return execFileSync(command, parameters, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}
