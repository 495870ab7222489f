import type yauzl from "yauzl";
import { loadPackage } from "../platform/load-package.js";
import { messageOf } from "../platform/message-of.js";
import { ImportError } from "./import-error.js";

/** What a ZIP may hold. A file of some kilobytes can claim to hold terabytes. */
export const ZIP_LIMITS = {
  entries: 20_000,
  entryBytes: 256 * 1024 * 1024,
  allBytes: 2 * 1024 * 1024 * 1024,
} as const;
export type ZipLimits = { [key in keyof typeof ZIP_LIMITS]: number };

/** A file in a ZIP, or why it cannot be read. Its name is never used as a path. */
export type ZipEntry = { name: string } & ({ bytes: Buffer } | { problem: string });

export function isZip(bytes: Buffer): boolean {
  return /^PK(?:\x03\x04|\x05\x06)/.test(bytes.subarray(0, 4).toString("latin1"));
}

/**
 * The files of a ZIP in the order of `compareFileNames()`, without folders and hidden files. An entry is
 * unpacked when it is asked for.
 *
 * @throws {ImportError} if it is damaged, or has a name that leads out of it
 */
export async function* readZip(
  bytes: Buffer,
  limits: ZipLimits = ZIP_LIMITS,
): AsyncGenerator<ZipEntry, undefined> {
  const library = loadPackage("yauzl") as typeof yauzl;
  const budget = { bytes: limits.allBytes };
  try {
    const zip = await library.fromBufferPromise(bytes, { lazyEntries: true });
    if (zip.entryCount > limits.entries)
      throw new ImportError(
        `the ZIP has ${zip.entryCount} entries, and the limit is ${limits.entries}; import it in parts`,
      );
    const { entries, fault } = await listEntries(zip);
    for (const entry of entries)
      yield { name: entry.fileName, ...(await readEntry(zip, entry, limits, budget)) };
    if (fault !== undefined) throw fault;
    return undefined;
  } catch (error) {
    if (error instanceof ImportError) throw error;
    throw new ImportError(`the ZIP cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Folders, hidden files and the copies that macOS adds are no files of people. */
export function isWanted(name: string): boolean {
  return !name.endsWith("/") && !name.split("/").some((part) => /^(?:\.|__MACOSX$)/.test(part));
}

/**
 * The order of files by name, for `toSorted()`. `call.json` is before `call.txt` and `call.TXT`, because
 * both may be of one call, and the JSON has more of it.
 */
export function compareFileNames(a: string, b: string): number {
  const [first, second] = [a, b].map((name) => name.replace(/\.txt$/i, ".txt")) as [string, string];
  return first === second ? 0 : first < second ? -1 : 1;
}

/** The wanted entries of the central directory. After a fault, those before it are still good. */
async function listEntries(zip: yauzl.ZipFile): Promise<{ entries: yauzl.Entry[]; fault?: Error }> {
  const entries: yauzl.Entry[] = [];
  const inOrder = (): yauzl.Entry[] =>
    entries.toSorted((a, b) => compareFileNames(a.fileName, b.fileName));
  try {
    for await (const entry of zip.eachEntry()) if (isWanted(entry.fileName)) entries.push(entry);
    return { entries: inOrder() };
  } catch (error) {
    return { entries: inOrder(), fault: error instanceof Error ? error : new Error(String(error)) };
  }
}

async function readEntry(
  zip: yauzl.ZipFile,
  entry: yauzl.Entry,
  { entryBytes, allBytes }: ZipLimits,
  budget: { bytes: number },
): Promise<{ bytes: Buffer } | { problem: string }> {
  if (entry.isEncrypted()) return { problem: "it is encrypted; unpack the ZIP first" };
  if (!entry.canDecodeFileData())
    return { problem: `it is compressed by method ${entry.compressionMethod}, which is not known` };
  if (entry.uncompressedSize > entryBytes)
    return { problem: `it has ${entry.uncompressedSize} bytes, and the limit is ${entryBytes}` };
  if (entry.uncompressedSize > budget.bytes)
    throw new ImportError(
      `the files in the ZIP have more than ${allBytes} bytes together; import it in parts`,
    );
  budget.bytes -= entry.uncompressedSize;
  // The library fails as soon as an entry gives more than its size says.
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
  } catch (error) {
    return { problem: `it is damaged: ${messageOf(error)}` };
  }
  return { bytes: Buffer.concat(chunks) };
}
