import { closeSync, constants, fstatSync, openSync, read, readSync } from "node:fs";
import { promisify } from "node:util";

const readInto = promisify(read);
const READ_AND_APPEND = constants.O_RDWR | constants.O_APPEND;
// Windows has no such flag, but O_EXCL does not follow links either.
const NO_LINK = constants.O_NOFOLLOW ?? 0;

/** The descriptor of one file. It is opened when needed, and closed when no read uses it. */
export class SpoolDescriptor {
  #fd: number | undefined;
  #readCount = 0;

  get isOpen(): boolean {
    return this.#fd !== undefined;
  }

  /** Makes a new file. Throws the file system's error, `EEXIST` if the path is taken. */
  create(path: string): number {
    this.#fd = createFile(path);
    return this.#fd;
  }

  /** The descriptor of the file at `path`. Throws the file system's error. */
  open(path: string): number {
    this.#fd ??= openSync(path, READ_AND_APPEND | NO_LINK);
    return this.#fd;
  }

  /** Continues with another file, which is open already. */
  replace(fd: number): void {
    const before = this.#fd;
    this.#fd = fd;
    if (before !== undefined && this.#readCount === 0) closeSync(before);
  }

  /** Reads from byte `from` on. Returns how many bytes were read. */
  async read(path: string, buffer: Buffer, from: number): Promise<number> {
    const fd = this.open(path);
    this.#readCount += 1;
    try {
      return (await readInto(fd, buffer, 0, buffer.length, from)).bytesRead;
    } finally {
      this.#readCount -= 1;
      if (this.#readCount === 0 && this.#fd !== fd) closeSync(fd);
    }
  }

  /** All bytes from `from` to `end`, at once. Missing bytes are zeros. */
  readSync(path: string, from: number, end: number): Buffer {
    const fd = this.open(path);
    const bytes = Buffer.alloc(end - from);
    for (let at = 0; at < bytes.length;) {
      const bytesRead = readSync(fd, bytes, at, bytes.length - at, from + at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes;
  }

  close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    // If it were closed during a read, the read might get another file with the same descriptor.
    if (fd !== undefined && this.#readCount === 0) closeSync(fd);
  }
}

/** Makes a new file that only its owner may read. Throws the file system's error. */
export function createFile(path: string): number {
  return openSync(path, READ_AND_APPEND | constants.O_CREAT | constants.O_EXCL | NO_LINK, 0o600);
}

/** The identity of a file, whatever its name. */
export function identityOf({ dev, ino }: { dev: number; ino: number }): string {
  return `${dev}-${ino}`;
}

export function identityOfDescriptor(fd: number): string {
  return identityOf(fstatSync(fd));
}
