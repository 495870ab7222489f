import { basename, dirname, join } from "node:path";
import { type Sidecar, emptySidecar, parseSidecar } from "../../record/index.js";
import { describeFault, faultCode, findWayOut } from "../disk/fault.js";
import { type FileIdentity, identityOf, isSameFile } from "../disk/exclusive-file.js";
import { statPath } from "../disk/file-steps.js";
import { readRegularFile } from "../disk/regular-file.js";
import { replaceFile } from "../disk/replace-file.js";
import { runLater } from "../disk/steps.js";
import { readFileNames } from "../read/read-file-names.js";
import { StoreError } from "../read/store-error.js";
import { LockHeldError, withLock } from "./folder-lock.js";

/** Tags and notes are short. TalkTrace never writes a larger file. */
const MAX_SIDECAR_BYTES = 4 * 1024 * 1024;
const ENDING = ".tags.json";

/** The path of the sidecar of the conversation at `path`, whether the sidecar exists or not. */
export function sidecarPathOf(path: string): string {
  return `${path.replace(/\.json$/, "")}${ENDING}`;
}

/**
 * Tags, verdict and notes of the conversation at `path`; undefined if there is no sidecar.
 *
 * Rejects with a `RecordError` or `StoreError` if the sidecar cannot be read.
 */
export async function readSidecar(path: string): Promise<Sidecar | undefined> {
  return (await readWithIdentity(sidecarPathOf(path)))?.sidecar;
}

/**
 * The sidecars of a folder by conversation name. For one that cannot be read, the value is the error.
 *
 * Rejects with a `StoreError` if the folder cannot be read.
 */
export async function readSidecars(directory: string): Promise<Map<string, Sidecar | Error>> {
  const names = (await readFileNames(directory)).filter(
    (name) => name.endsWith(ENDING) && !name.startsWith("."),
  );
  const sidecars = new Map<string, Sidecar | Error>();
  for (const fileName of names) {
    const name = fileName.slice(0, -ENDING.length);
    try {
      const sidecar = await readSidecar(join(directory, `${name}.json`));
      if (sidecar !== undefined) sidecars.set(name, sidecar);
    } catch (error) {
      sidecars.set(name, error instanceof Error ? error : new Error(String(error)));
    }
  }
  return sidecars;
}

/**
 * Changes the sidecar of the conversation at `path` and returns the new content. Changes that other
 * processes make at the same time are kept. `change` may be called more than once.
 *
 * Rejects, and changes nothing, if the present sidecar cannot be read, or with the error that `change`
 * throws. Rejects with a `StoreError` if the folder takes no file.
 */
export async function changeSidecar(
  path: string,
  change: (sidecar: Sidecar) => Sidecar,
): Promise<Sidecar> {
  const sidecarPath = sidecarPathOf(path);
  const directory = dirname(sidecarPath);
  const lock = `.${basename(sidecarPath, ".json")}.lock`;
  return await withLock(directory, lock, () => replaceSidecar(sidecarPath, change)).catch(
    (error: unknown) => {
      const isHeld = error instanceof LockHeldError;
      if (faultCode(error) === undefined && !isHeld) throw error;
      throw new StoreError(
        "UNREADABLE",
        `Cannot write tags "${sidecarPath}": ${describeFault(error)}; ${isHeld ? "try again when it has finished" : findWayOut(error)}`,
        error,
      );
    },
  );
}

async function replaceSidecar(
  path: string,
  change: (sidecar: Sidecar) => Sidecar,
): Promise<Sidecar> {
  for (;;) {
    const before = await readWithIdentity(path);
    const after = change(before?.sidecar ?? emptySidecar());
    const found = await runLater(statPath(path));
    const isUnchanged =
      found === undefined ? before === undefined : isSameFile(identityOf(found), before?.identity);
    // An editor takes no lock. So what it saved meanwhile is read first.
    if (!isUnchanged) continue;
    const text = `${JSON.stringify(after, null, 2)}\n`;
    await runLater(
      replaceFile(path, [Buffer.from(text)], { replaces: before?.identity, durable: true }),
    );
    return after;
  }
}

async function readWithIdentity(
  path: string,
): Promise<{ sidecar: Sidecar; identity: FileIdentity } | undefined> {
  try {
    const found = await runLater(statPath(path));
    if (found === undefined) return undefined;
    const bytes = await readRegularFile(path, { followLinks: false, maxBytes: MAX_SIDECAR_BYTES });
    return { sidecar: parseSidecar(bytes.toString("utf8"), path), identity: identityOf(found) };
  } catch (error) {
    if (faultCode(error) === "ENOENT") return undefined;
    if (error instanceof Error && error.name === "RecordError") throw error;
    const fact = faultCode(error) === "ELOOP" ? "it is a link" : describeFault(error);
    throw new StoreError("UNREADABLE", `Cannot read tags "${path}": ${fact}`, error);
  }
}
