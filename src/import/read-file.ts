import { type ImportContent, openContent } from "./content.js";
import { IMPORT_FORMATS } from "./formats.js";
import { UnknownFormError } from "./import-error.js";
import type { ImportedConversation, ImportOptions, UnreadPart } from "./import-format.js";

/**
 * The calls in a file's bytes, one after the other. `name` is the file's name, for facts that only a
 * name holds.
 *
 * @throws {UnknownFormError} if the file is of no known form
 * @throws {ImportError} with the reason, if it breaks its form
 */
export async function* readCalls(
  name: string,
  bytes: Buffer,
  options: ImportOptions = {},
): AsyncGenerator<ImportedConversation | UnreadPart, undefined> {
  const content = openContent(name, bytes);
  const format = IMPORT_FORMATS.find((each) => each.recognizes(content));
  if (format === undefined) throw new UnknownFormError(describeUnknown(content));
  yield* format.read(content, options);
  return undefined;
}

/** The forms that are known, for whoever gave a file of another one. */
export function describeKnownForms(): string {
  const names = IMPORT_FORMATS.flatMap(({ name, variants = [] }) =>
    variants.length === 0 ? [name] : variants.map((variant) => variant.name),
  );
  return `known forms are ${names.join(", ")}; docs/imports.md says what tells each`;
}

/** What a file of no known form looks like, so that people see what they gave. */
function describeUnknown({ kind, json, first }: ImportContent): string {
  if (kind === "text")
    return 'it is of no known form: a text has to consist of lines that begin with "user:" or "agent:"';
  const what = kind === "json_lines" ? "JSON lines" : Array.isArray(json) ? "a JSON list" : "JSON";
  if (first === undefined) return `it is of no known form: ${what} without objects`;
  const keys = Object.keys(first).slice(0, 6);
  return `it is of no known form: ${what} with ${
    keys.length === 0 ? "nothing in it" : keys.map((key) => JSON.stringify(key)).join(", ")
  }`;
}
