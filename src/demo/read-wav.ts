import { readFileSync } from "node:fs";

/** Mono 16-bit sound. */
export interface Sound {
  sampleRate: number;
  samples: Int16Array;
}

/**
 * Reads a WAV file of 16-bit mono PCM.
 *
 * @throws Error if the file is missing or holds anything else
 */
export function readWav(path: string): Sound {
  const bytes = readFileSync(path);
  const isWav =
    bytes.toString("latin1", 0, 4) === "RIFF" && bytes.toString("latin1", 8, 12) === "WAVE";
  if (!isWav) throw new Error(`Cannot read "${path}": not a WAV file`);
  let sampleRate: number | undefined;
  let offset = 12;
  while (offset + 8 <= bytes.length) {
    const name = bytes.toString("latin1", offset, offset + 4);
    const length = bytes.readUInt32LE(offset + 4);
    const body = offset + 8;
    if (name === "fmt ") {
      const [format, channels, bits] = [0, 2, 14].map((at) => bytes.readUInt16LE(body + at));
      if (format !== 1 || channels !== 1 || bits !== 16) {
        throw new Error(`Cannot read "${path}": it is not 16-bit mono PCM`);
      }
      sampleRate = bytes.readUInt32LE(body + 4);
    }
    if (name === "data" && sampleRate !== undefined) {
      // Copied, because an Int16Array must begin at an even offset of its buffer.
      const copy = bytes.buffer.slice(bytes.byteOffset + body, bytes.byteOffset + body + length);
      return { sampleRate, samples: new Int16Array(copy) };
    }
    // Chunks begin at even offsets.
    offset = body + length + (length % 2);
  }
  throw new Error(`Cannot read "${path}": it has no sound in it`);
}
