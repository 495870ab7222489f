import type { ImportContent } from "./content.js";
import { type Fields, asFields } from "./fields.js";
import type { ImportedConversation, UnreadPart } from "./import-format.js";

/** How a maker's API gives its calls. */
export interface CallLayout {
  format: string;
  /** Whether an object is a call. Pure. */
  isCall(fields: Fields): boolean;
  /** The call in a message of a webhook; undefined if the object is no such message. Pure. */
  unwrap?(fields: Fields): Fields | undefined;
  /** The keys at which a response that lists calls has them. */
  listKeys: readonly string[];
  /** Whether such a response says that there are more pages. Pure. */
  hasMore(response: Fields): boolean;
}

/** A call of a file, or a part that gives none. A call has any keys, so none of them tells which it is. */
type ListedPart = { kind: "call"; call: Fields } | { kind: "unread"; unread: UnreadPart };

/** A file is recognised by its first values, because a list of calls may be long. */
const HEAD_VALUES = 5;

/** Whether a file has calls of this layout. It throws nothing. */
export function hasCalls(content: ImportContent, layout: CallLayout): boolean {
  if (content.kind === "text") return false;
  let count = 0;
  for (const { value } of content.values()) {
    const fields = asFields(value);
    const items = fields === undefined ? [] : (listOf(fields, layout) ?? [fields]);
    for (const item of items.slice(0, HEAD_VALUES))
      if (callIn(asFields(item), layout) !== undefined) return true;
    count += 1;
    if (count >= HEAD_VALUES) break;
  }
  return false;
}

/** The calls of a file: of one, of a list, of lines, or of an API's pages. */
function* listCalls(content: ImportContent, layout: CallLayout): Generator<ListedPart, undefined> {
  const { format } = layout;
  let index = 0;
  for (const { line, value } of content.values()) {
    index += 1;
    const place = content.kind === "json_lines" ? `line ${line}` : `item ${index}`;
    const fields = asFields(value);
    const items = fields === undefined ? undefined : listOf(fields, layout);
    if (fields === undefined || items === undefined) {
      yield toPart(fields, layout, `${place} is ${nameValue(value)}`);
      continue;
    }
    for (const [at, item] of items.entries())
      yield toPart(asFields(item), layout, `item ${at + 1} of the list is ${nameValue(item)}`);
    if (layout.hasMore(fields))
      yield {
        kind: "unread",
        unread: {
          format,
          isSkipped: true,
          problem: "the list has more pages, which are not in it",
        },
      };
  }
  return undefined;
}

/** Reads the calls of a file, one after the other. The others are told by their reasons. */
export async function* readListedCalls(
  content: ImportContent,
  layout: CallLayout,
  readCall: (call: Fields, fileName: string) => ImportedConversation | UnreadPart,
): AsyncGenerator<ImportedConversation | UnreadPart> {
  for (const part of listCalls(content, layout))
    yield part.kind === "unread" ? part.unread : readCall(part.call, content.name);
}

function toPart(fields: Fields | undefined, layout: CallLayout, problem: string): ListedPart {
  const call = callIn(fields, layout);
  return call === undefined
    ? { kind: "unread", unread: { format: layout.format, problem } }
    : { kind: "call", call };
}

function listOf(fields: Fields, { listKeys, isCall }: CallLayout): readonly unknown[] | undefined {
  if (isCall(fields)) return undefined;
  for (const key of listKeys) {
    const list = fields[key];
    if (Array.isArray(list)) return list;
  }
  return undefined;
}

function callIn(fields: Fields | undefined, layout: CallLayout): Fields | undefined {
  if (fields === undefined) return undefined;
  const call = layout.unwrap?.(fields) ?? fields;
  return layout.isCall(call) ? call : undefined;
}

function nameValue(value: unknown): string {
  if (value === undefined) return "no JSON";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list, and no call";
  return typeof value === "object" ? "no call" : `a ${typeof value}, and no call`;
}
