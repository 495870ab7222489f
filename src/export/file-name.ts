import type { ExportFormat, TextKind } from "./export-format.js";

/** Signs that some system does not take in a file's name, and unseen ones. */
const UNUSABLE = /[<>:"/\\|?*\p{Cc}\p{Cf}]/gu;
/** Windows has devices of these names, whatever the ending. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;
/** Windows takes no name that ends in these, and a dot at the beginning hides the file. */
const EDGES = [".", " "];
/** Systems take 255 bytes. The ending and a number need some of them. */
const MAX_BYTES = 200;

/**
 * The name of a call's file, which every system takes, whatever the call is named. Names that differ
 * only in such signs become the same. Pure.
 *
 * @param number tells calls apart whose names would be the same: from 2 on it ends the name
 */
export function fileNameOf(
  call: string,
  { extension, saysText, texts }: Pick<ExportFormat, "extension" | "saysText" | "texts">,
  text: TextKind,
  number = 1,
): string {
  const usable = withoutEdges(cutToBytes(call.replace(UNUSABLE, "_"), MAX_BYTES));
  const numbered = number === 1 ? usable : `${usable}-${number}`;
  const name = numbered === "" ? "call" : numbered.replace(DEVICE, "_$&");
  // A file that cannot say it inside says in its name which words it has.
  const kind = saysText || texts.length === 0 ? "" : `.${text}`;
  return `${name}${kind}.${extension}`;
}

function withoutEdges(name: string): string {
  let [start, end] = [0, name.length];
  while (start < end && EDGES.includes(name.charAt(start))) start += 1;
  while (end > start && EDGES.includes(name.charAt(end - 1))) end -= 1;
  return name.slice(start, end);
}

function cutToBytes(text: string, most: number): string {
  let bytes = 0;
  let end = 0;
  for (const sign of text) {
    bytes += Buffer.byteLength(sign);
    if (bytes > most) break;
    end += sign.length;
  }
  return text.slice(0, end);
}
