import { parseTimestamp } from "../../record/index.js";

/** Entries of one block. A change encodes at most two blocks' worth of entries again. */
const BLOCK_ENTRIES = 64;
/** The text between two entries of a list in the document. */
const SEPARATOR = ",\n    ";
const SEPARATOR_BYTES = Buffer.from(SEPARATOR);

interface Entry<T, E> {
  item: T;
  id: string | undefined;
  instantMs: number;
  order: number;
  text: string | undefined;
  figures: E | undefined;
  block: Block<T, E>;
}

interface Block<T, E> {
  entries: Entry<T, E>[];
  bytes: Buffer | undefined;
}

/**
 * A list in `timestamp` order that keeps its encoded text, in blocks. A publish encodes only what
 * changed since the last one, so it costs the same late in a long conversation. The list also
 * caches the values that figures are computed from.
 *
 * Timestamps are compared as instants, because their offsets may differ; ties keep `order`.
 */
export class Timeline<T extends { timestamp: string; id?: string }, E = undefined> {
  readonly #blocks: Block<T, E>[] = [];
  readonly #byId = new Map<string, Entry<T, E>>();
  readonly #encode: (item: T) => string;
  readonly #toFigures: (item: T) => E;
  #size = 0;

  /** @param encode gives an item as it is in the document's list, with its indentation */
  constructor(encode: (item: T) => string, toFigures: (item: T) => E) {
    this.#encode = encode;
    this.#toFigures = toFigures;
  }

  get size(): number {
    return this.#size;
  }

  find(id: string): T | undefined {
    return this.#byId.get(id)?.item;
  }

  insert(item: T, order: number): void {
    const instantMs = instantOf(item.timestamp) ?? this.#lastInstantMs();
    const goesBefore = (entry: Entry<T, E>): boolean =>
      entry.instantMs > instantMs || (entry.instantMs === instantMs && entry.order > order);
    // A new item nearly always belongs at the end, so the search begins there.
    let at = this.#blocks.length - 1;
    while (at > 0 && goesBefore(this.#blocks[at]!.entries[0]!)) at -= 1;
    const block = this.#blocks[at] ?? this.#addBlock();
    let index = block.entries.length;
    while (index > 0 && goesBefore(block.entries[index - 1]!)) index -= 1;
    const isNewest = at === this.#blocks.length - 1 && index === block.entries.length;
    const target = isNewest && index >= BLOCK_ENTRIES ? this.#addBlock() : block;
    const entry = {
      item,
      id: item.id,
      instantMs,
      order,
      text: undefined,
      figures: undefined,
      block: target,
    };
    target.entries.splice(target === block ? index : 0, 0, entry);
    target.bytes = undefined;
    this.#size += 1;
    if (item.id !== undefined) this.#byId.set(item.id, entry);
    if (target.entries.length >= 2 * BLOCK_ENTRIES) this.#split(target);
  }

  /** Replaces an item by a changed one with the same id and timestamp. */
  replace(id: string, item: T): void {
    const entry = this.#byId.get(id);
    if (entry === undefined) return;
    entry.item = item;
    entry.text = undefined;
    entry.figures = undefined;
    entry.block.bytes = undefined;
  }

  remove(id: string): void {
    const entry = this.#byId.get(id);
    if (entry === undefined) return;
    this.#byId.delete(id);
    this.#size -= 1;
    const { block } = entry;
    block.entries.splice(block.entries.indexOf(entry), 1);
    block.bytes = undefined;
    if (block.entries.length === 0) this.#blocks.splice(this.#blocks.indexOf(block), 1);
  }

  items(): T[] {
    return this.#blocks.flatMap((block) => block.entries.map((entry) => entry.item));
  }

  figures(): E[] {
    return this.#blocks.flatMap((block) =>
      block.entries.map((entry) => (entry.figures ??= this.#toFigures(entry.item))),
    );
  }

  /** The encoded list without its brackets, as pieces that never change afterwards. */
  pieces(): Buffer[] {
    return this.#blocks.flatMap((block, index) => {
      block.bytes ??= Buffer.from(
        block.entries.map((entry) => this.#textOf(entry)).join(SEPARATOR),
      );
      return index === 0 ? [block.bytes] : [SEPARATOR_BYTES, block.bytes];
    });
  }

  #textOf(entry: Entry<T, E>): string {
    entry.text ??= this.#encode(entry.item);
    return entry.text;
  }

  #lastInstantMs(): number {
    return this.#blocks.at(-1)?.entries.at(-1)?.instantMs ?? 0;
  }

  #addBlock(): Block<T, E> {
    const block: Block<T, E> = { entries: [], bytes: undefined };
    this.#blocks.push(block);
    return block;
  }

  #split(block: Block<T, E>): void {
    const second: Block<T, E> = { entries: block.entries.splice(BLOCK_ENTRIES), bytes: undefined };
    for (const entry of second.entries) entry.block = second;
    this.#blocks.splice(this.#blocks.indexOf(block) + 1, 0, second);
  }
}

/**
 * The last result, because a message's time is read twice: when the message arrives and when it is
 * placed.
 */
let latest: { timestamp: string; instantMs: number | undefined } | undefined;

/** The moment of a timestamp in milliseconds; `undefined` if the text is no timestamp. */
export function instantOf(timestamp: string): number | undefined {
  if (latest?.timestamp === timestamp) return latest.instantMs;
  const instantMs = readInstant(timestamp);
  latest = { timestamp, instantMs };
  return instantMs;
}

function readInstant(timestamp: string): number | undefined {
  try {
    return parseTimestamp(timestamp);
  } catch {
    return undefined;
  }
}
