import { isUtf8 } from "node:buffer";
import { isPage } from "../record/embedded-record.js";
import { parseJson } from "../record/parse-json.js";
import { messageOf } from "../platform/message-of.js";
import { type Fields, asFields } from "./fields.js";
import { ImportError, UnknownFormError } from "./import-error.js";

/** One value of a file with its line; the value is missing if the line is no JSON. */
export interface JsonLine {
  line: number;
  value?: unknown;
}

/** A file in the form in which formats look at it. */
export interface ImportContent {
  /** The name of the file. Nothing is recognised by it. */
  name: string;
  kind: "json" | "json_lines" | "text";
  text: string;
  /** The whole document of a `json` file. */
  json: unknown;
  /** The first value: the document, or the first of its list, or the first line's. */
  first: Fields | undefined;
  /** The values one after the other: the document, or its list's items, or the lines. */
  values(): Iterable<JsonLine>;
}

/** How files begin that hold no text. */
const SIGNATURES: readonly (readonly [string, string])[] = [
  ["OggS", "it is sound (Ogg), and no words; sound is not imported"],
  ["RIFF", "it is sound (WAV), and no words; sound is not imported"],
  ["ID3", "it is sound (MP3), and no words; sound is not imported"],
  ["fLaC", "it is sound (FLAC), and no words; sound is not imported"],
  ["\u001f\u008b", "it is compressed (gzip); decompress it first, e.g. with gunzip"],
  ["\u0028\u00b5\u002f\u00fd", "it is compressed (zstd); decompress it first, e.g. with unzstd"],
  ["%PDF", "it is a PDF, and no record of a call"],
];

/**
 * Opens a file's bytes.
 *
 * @throws {ImportError} if it is empty, no text, or JSON that is broken from its first line on
 */
export function openContent(name: string, bytes: Buffer): ImportContent {
  if (bytes.length === 0) throw new ImportError("the file is empty");
  const head = bytes.subarray(0, 8).toString("latin1");
  const known = SIGNATURES.find(([signature]) => head.startsWith(signature));
  if (known !== undefined) throw new UnknownFormError(known[1]);
  if (/^(?:\u00ff\u00fe|\u00fe\u00ff|[\x09-\x7f]\0|\0[\x09-\x7f])/.test(head))
    throw new ImportError(
      'it is UTF-16 and has to be UTF-8; convert it, e.g. with "iconv -f UTF-16 -t UTF-8"',
    );
  // A page shows words as they are, and a word may have any sign.
  const isReadable = !bytes.includes(0) || isPage(bytes.subarray(0, 200).toString("utf8"));
  if (!isUtf8(bytes) || !isReadable)
    throw new UnknownFormError(
      "it is no text; a file of spans has to be OTLP JSON, which a Collector's file exporter writes with `format: json`",
    );
  const text = bytes.toString("utf8").replace(/^\uFEFF/, "");
  if (text.trim() === "") throw new ImportError("there is nothing in it but white space");
  return /^\s*[[{]/.test(text) ? openJson(name, text) : openText(name, text);
}

function openText(name: string, text: string): ImportContent {
  return { name, kind: "text", text, json: undefined, first: undefined, values: () => [] };
}

function openJson(name: string, text: string): ImportContent {
  const firstLine = readLines(text).next().value;
  const rest = text.trim().length - (firstLine?.text.trim().length ?? 0);
  const firstValue = firstLine === undefined ? undefined : asFields(tryParse(firstLine.text));
  if (firstValue !== undefined && rest > 0)
    return {
      name,
      kind: "json_lines",
      text,
      json: undefined,
      first: firstValue,
      values: () => parseLines(text),
    };
  let json: unknown;
  try {
    json = parseJson(text, "it");
  } catch (error) {
    throw new ImportError(messageOf(error).replace(/^Cannot read it: /, "it is "), {
      cause: error,
    });
  }
  const items: unknown[] = Array.isArray(json) ? json : [json];
  return {
    name,
    kind: "json",
    text,
    json,
    first: asFields(items[0]),
    values: () => items.map((value) => ({ line: 1, value })),
  };
}

function* parseLines(text: string): Iterable<JsonLine> {
  for (const { line, text: lineText } of readLines(text)) {
    const value = tryParse(lineText);
    yield { line, ...(value !== undefined && { value }) };
  }
}

function tryParse(text: string): unknown {
  try {
    return parseJson(text, "it");
  } catch {
    return undefined;
  }
}

/** The lines that have something in them, cut one at a time, because a file may have a million. */
function* readLines(text: string): Generator<{ line: number; text: string }, undefined> {
  let line = 0;
  for (let start = 0; start < text.length;) {
    const found = text.indexOf("\n", start);
    const end = found === -1 ? text.length : found;
    line += 1;
    const part = text.slice(start, end);
    if (part.trim() !== "") yield { line, text: part };
    start = end + 1;
  }
  return undefined;
}
