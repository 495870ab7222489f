import { randomBytes } from "node:crypto";
import {
  closeSync,
  copyFileSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
  writevSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { FileState } from "./file-state.js";
import { DamagedRowError, PARTS, type Part, checksumOf } from "./row.js";

/**
 * What the index keeps about one call: its bytes or the reason why it cannot be read, and the state of
 * its file.
 */
export interface KeptRow {
  name: string;
  state: FileState;
  /** The error message of a file that is no conversation, with `PATH` in place of the file's path. */
  error: string | undefined;
  part(part: Part): Uint8Array;
}

export interface IndexFile {
  /** What its rows depend on beside the files. */
  readonly made: string;
  /** The number of calls. */
  readonly size: number;
  names(): Iterable<string>;
  get(name: string): KeptRow | undefined;
  /**
   * Replaces the index by one that has zeros in place of these calls, so that their words are no longer in
   * it. Their rows count as damaged from then on. Does nothing if another process replaced the index.
   *
   * @throws the system's error
   */
  erase(names: Iterable<string>): void;
}

const MAGIC = Buffer.from("ttindex\n");
/** The numbers of each row: four for its file's state, then the length and checksum of each part. */
const WORDS_A_ROW = 4 + PARTS.length;
/** After this many single reads of parts, the whole column is read at once. */
const SINGLE_READS = 64;
/** In a longer column, parts are always read one by one. */
const LONGEST_WHOLE_BYTES = 128 * 1024 * 1024;
const MOST_BUFFERS_A_WRITE = 512;
const ABANDONED_AFTER_MS = 3_600_000;

interface Header {
  /** What the rows depend on beside the files. */
  made: string;
  names: string[];
  errors: Record<string, string>;
  /** Where each column begins. */
  columns: { [part in Part]: { from: number; length: number } };
}

/** Files are closed when nobody can ask for a row any more. */
const closing = new FinalizationRegistry<number>((fd) => closeSync(fd));

/**
 * Opens an index that this user wrote. Undefined if there is none, or if it is damaged or of another
 * make. Rows are read when they are used.
 *
 * @param made what the rows depend on beside the files: versions, limits; undefined opens any index
 */
export function openIndexFile(path: string, made: string | undefined): IndexFile | undefined {
  let fd: number;
  try {
    fd = openSync(
      path,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
  } catch {
    return undefined;
  }
  try {
    const opened = readHeader(fd, made, path);
    if (opened !== undefined) {
      closing.register(opened.file, fd);
      return opened.index;
    }
  } catch {
    // The file is cut short or no index, so a new one is made.
  }
  closeSync(fd);
  return undefined;
}

function readHeader(
  fd: number,
  made: string | undefined,
  path: string,
): { index: IndexFile; file: OpenFile } | undefined {
  const { size, uid } = fstatSync(fd);
  if (process.getuid !== undefined && uid !== process.getuid()) return undefined;
  const start = readAt(fd, 0, 24);
  if (!start.subarray(0, 8).equals(MAGIC)) return undefined;
  const [headerBytes, headerSum, tableBytes, tableSum] = [8, 12, 16, 20].map((at) =>
    start.readUInt32LE(at),
  ) as [number, number, number, number];
  if (24 + headerBytes + tableBytes > size) return undefined;
  const text = readAt(fd, 24, headerBytes);
  const table = readAt(fd, 24 + headerBytes, tableBytes);
  if (checksumOf(text) !== headerSum || checksumOf(table) !== tableSum) return undefined;
  const header = JSON.parse(text.toString("utf8")) as Header;
  if (
    (made ?? header.made) !== header.made ||
    table.length !== header.names.length * WORDS_A_ROW * 8
  )
    return undefined;
  const file = new OpenFile(fd, header, table);
  const rowsByName = new Map(header.names.map((name, row) => [name, row]));
  const index: IndexFile = {
    made: header.made,
    size: rowsByName.size,
    names: () => rowsByName.keys(),
    get(name) {
      const row = rowsByName.get(name);
      return row === undefined ? undefined : file.rowAt(row);
    },
    erase(names) {
      file.erase(
        path,
        [...names].flatMap((name) => rowsByName.get(name) ?? []),
      );
    },
  };
  return { index, file };
}

function readAt(fd: number, from: number, length: number): Buffer {
  // The buffer pool is not used, because columns of eight-byte numbers must begin at a multiple of
  // eight.
  const bytes = Buffer.allocUnsafeSlow(length);
  let read = 0;
  while (read < length) {
    const count = readSync(fd, bytes, read, length - read, from + read);
    if (count === 0) throw new DamagedRowError("the index was cut short");
    read += count;
  }
  return bytes;
}

function writeAt(fd: number, from: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;)
    written += writeSync(fd, bytes, written, bytes.length - written, from + written);
}

/** An open index. Each row refers to it, so it stays open as long as any row may be used. */
class OpenFile {
  readonly #fd: number;
  readonly #header: Header;
  readonly #table: BigUint64Array;
  readonly #wholes = new Map<Part, Buffer>();
  readonly #places = new Map<Part, Float64Array>();
  #singleReads = 0;

  constructor(fd: number, header: Header, table: Buffer) {
    this.#fd = fd;
    this.#header = header;
    this.#table = new BigUint64Array(table.buffer, table.byteOffset, table.length / 8);
  }

  rowAt(row: number): KeptRow {
    const at = row * WORDS_A_ROW;
    const table = this.#table;
    const name = this.#header.names[row]!;
    return {
      name,
      get state() {
        return {
          size: table[at]!,
          modifiedNs: table[at + 1]!,
          changedNs: table[at + 2]!,
          inode: table[at + 3]!,
        };
      },
      error: Object.hasOwn(this.#header.errors, name) ? this.#header.errors[name] : undefined,
      part: (part) => this.#readPart(row, part),
    };
  }

  erase(path: string, rows: readonly number[]): void {
    const left = rows.filter((row) => !this.#isDamaged(row));
    const isSame =
      statSync(path, { bigint: true }).ino === fstatSync(this.#fd, { bigint: true }).ino;
    if (left.length === 0 || !isSame) return;
    // Others may be reading it, so a copy takes its place.
    replaceBy(path, (copy) => {
      copyFileSync(path, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      const fd = openSync(copy, constants.O_WRONLY);
      try {
        for (const row of left) {
          for (const part of PARTS) {
            const { from, length } = this.#placeOf(row, part);
            writeAt(fd, this.#header.columns[part].from + from, Buffer.alloc(length));
          }
        }
      } finally {
        closeSync(fd);
      }
    });
  }

  #isDamaged(row: number): boolean {
    try {
      for (const part of PARTS) this.#readPart(row, part);
      return false;
    } catch (error) {
      if (error instanceof DamagedRowError) return true;
      throw error;
    }
  }

  #placeOf(row: number, part: Part): { from: number; length: number; sum: number } {
    const word = this.#table[row * WORDS_A_ROW + 4 + PARTS.indexOf(part)]!;
    const [length, sum] = [Number(word & 0xffff_ffffn), Number(word >> 32n)];
    return { from: this.#placesOf(part)[row]!, length, sum };
  }

  #readPart(row: number, part: Part): Uint8Array {
    const { from, length, sum } = this.#placeOf(row, part);
    const bytes = this.#bytesOf(part, from, length);
    if (bytes.length !== length || checksumOf(bytes) !== sum)
      throw new DamagedRowError("the index is damaged");
    return bytes;
  }

  #bytesOf(part: Part, from: number, length: number): Uint8Array {
    const column = this.#header.columns[part];
    let whole = this.#wholes.get(part);
    if (whole === undefined) {
      this.#singleReads += 1;
      if (this.#singleReads <= SINGLE_READS || column.length > LONGEST_WHOLE_BYTES)
        return readAt(this.#fd, column.from + from, length);
      whole = readAt(this.#fd, column.from, column.length);
      this.#wholes.set(part, whole);
    }
    return whole.subarray(from, from + length);
  }

  /** Where the part of each row begins in its column. */
  #placesOf(part: Part): Float64Array {
    const known = this.#places.get(part);
    if (known !== undefined) return known;
    const places = new Float64Array(this.#header.names.length);
    const word = 4 + PARTS.indexOf(part);
    let from = 0;
    for (let row = 0; row < places.length; row += 1) {
      places[row] = from;
      from += Number(this.#table[row * WORDS_A_ROW + word]! & 0xffff_ffffn);
    }
    this.#places.set(part, places);
    return places;
  }
}

/**
 * Writes an index beside its place and renames it, so that a reader finds the old or the new one. It
 * does not wait for the disk, because a lost index costs nothing.
 *
 * @throws the system's error; then nothing is left behind
 */
export function writeIndexFile(path: string, made: string, rows: readonly KeptRow[]): void {
  const table = new BigUint64Array(rows.length * WORDS_A_ROW);
  const columns = PARTS.map((part, place) =>
    rows.map((row, at) => {
      const bytes = row.error === undefined ? row.part(part) : new Uint8Array();
      const word = (BigInt(checksumOf(bytes)) << 32n) | BigInt(bytes.length);
      table[at * WORDS_A_ROW + 4 + place] = word;
      return bytes;
    }),
  );
  for (const [at, { state }] of rows.entries())
    table.set([state.size, state.modifiedNs, state.changedNs, state.inode], at * WORDS_A_ROW);
  const tableBytes = Buffer.from(table.buffer);
  const lengths = columns.map((column) => column.reduce((sum, { length }) => sum + length, 0));
  const header = encodeHeader(made, rows, lengths, tableBytes.length);
  const start = Buffer.alloc(24);
  MAGIC.copy(start);
  for (const [at, bytes] of [header, tableBytes].entries()) {
    start.writeUInt32LE(bytes.length, 8 + at * 8);
    start.writeUInt32LE(checksumOf(bytes), 12 + at * 8);
  }
  replaceFile(path, [start, header, tableBytes, ...columns.flat()]);
}

/**
 * The header has the places of the columns, which depend on the header's own length. So it is filled up
 * to a fixed length.
 */
function encodeHeader(
  made: string,
  rows: readonly KeptRow[],
  lengths: readonly number[],
  tableLength: number,
): Buffer {
  const errors = rows.flatMap(({ name, error }) => (error === undefined ? [] : [[name, error]]));
  const encode = (headerLength: number): Buffer => {
    let from = 24 + headerLength + tableLength;
    const columns = PARTS.map((part, at) => {
      const column = { from, length: lengths[at]! };
      from += column.length;
      return [part, column];
    });
    const header = {
      made,
      names: rows.map(({ name }) => name),
      errors: Object.fromEntries(errors) as Record<string, string>,
      columns: Object.fromEntries(columns) as Header["columns"],
    } satisfies Header;
    return Buffer.from(JSON.stringify(header));
  };
  // Numbers of places have at most 16 digits each.
  const length = Math.ceil((encode(0).length + PARTS.length * 16) / 8) * 8;
  const filled = Buffer.alloc(length, " ");
  encode(length).copy(filled);
  return filled;
}

function replaceFile(path: string, bytes: readonly Uint8Array[]): void {
  replaceBy(path, (temporary) => {
    const fd = openSync(temporary, "wx", 0o600);
    try {
      for (let at = 0; at < bytes.length; at += MOST_BUFFERS_A_WRITE)
        writeAll(fd, bytes.slice(at, at + MOST_BUFFERS_A_WRITE));
    } finally {
      closeSync(fd);
    }
  });
}

function replaceBy(path: string, make: (temporary: string) => void): void {
  removeAbandoned(path);
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString("hex")}.tmp`;
  try {
    make(temporary);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function writeAll(fd: number, given: readonly Uint8Array[]): void {
  let left = given.filter(({ length }) => length > 0);
  while (left.length > 0) {
    let written = writevSync(fd, left);
    while (written > 0 || left[0]?.length === 0) {
      const [first] = left as [Uint8Array];
      if (first.length > written) {
        left[0] = first.subarray(written);
        break;
      }
      written -= first.length;
      left = left.slice(1);
    }
  }
}

/** Removes files of processes that were killed while they wrote an index here. */
function removeAbandoned(path: string): void {
  const [folder, begin] = [dirname(path), `${basename(path)}.`];
  for (const fileName of readdirSync(folder)) {
    if (!fileName.startsWith(begin) || !fileName.endsWith(".tmp")) continue;
    const found = statSync(join(folder, fileName), { throwIfNoEntry: false });
    if (found !== undefined && found.mtimeMs < Date.now() - ABANDONED_AFTER_MS)
      rmSync(join(folder, fileName), { force: true });
  }
}
