import { closeSync, constants, fstatSync, openSync, read, readSync } from "node:fs";
import { promisify } from "node:util";

const readInto = promisify(read);
const READ_AND_APPEND = constants.O_RDWR | constants.O_APPEND;
// Windows has no such flag, and O_EXCL follows no link either.
const NO_LINK = constants.O_NOFOLLOW ?? 0;

/** The open descriptor of one file; opened when it is needed, closed when no read needs it. */
export class SpoolDescriptor {
  #fd: number | undefined;
  #readCount = 0;

  get isOpen(): boolean {
    return this.#fd !== undefined;
  }

  /** Makes a new file. Throws what the file system says, `EEXIST` when something stands there. */
  create(path: string): number {
    this.#fd = createFile(path);
    return this.#fd;
  }

  /** The descriptor of the file at `path`. Throws what the file system says. */
  open(path: string): number {
    this.#fd ??= openSync(path, READ_AND_APPEND | NO_LINK);
    return this.#fd;
  }

  /** Goes on with another file, which is open already. */
  replace(fd: number): void {
    const before = this.#fd;
    this.#fd = fd;
    if (before !== undefined && this.#readCount === 0) closeSync(before);
  }

  /** Reads from byte `from` on; gives how many bytes there were. */
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

  /** All bytes from `from` to `end`, at once; zeros where the file is shorter. */
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
    // A descriptor that is closed during a read could be another file's by the time it is read.
    if (fd !== undefined && this.#readCount === 0) closeSync(fd);
  }
}

/** Makes a new file, readable by its owner only. Throws what the file system says. */
export function createFile(path: string): number {
  return openSync(path, READ_AND_APPEND | constants.O_CREAT | constants.O_EXCL | NO_LINK, 0o600);
}

/** Which file a descriptor or a path means, whatever its name. */
export function identityOf({ dev, ino }: { dev: number; ino: number }): string {
  return `${dev}-${ino}`;
}

export function identityOfDescriptor(fd: number): string {
  return identityOf(fstatSync(fd));
}
