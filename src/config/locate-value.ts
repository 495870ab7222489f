import type { AnyNode, DocumentNode, ValueNode } from "@humanwhocodes/momoa";

/** A place in a text. Both numbers count from 1. */
export interface TextPlace {
  line: number;
  column: number;
}

/**
 * Where the value at a JSON pointer is. If it is missing, where the value is that should contain it.
 * Pure.
 */
export function locateValue(document: DocumentNode, pointer: string): TextPlace {
  const keys = pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  let node: ValueNode = document.body;
  for (const key of keys) {
    const next = childOf(node, key);
    if (next === undefined) break;
    node = next;
  }
  return placeOf(node);
}

function childOf(node: ValueNode, key: string): ValueNode | undefined {
  if (node.type === "Array") return node.elements[Number(key)]?.value;
  if (node.type !== "Object") return undefined;
  return node.members.findLast(
    ({ name }) => (name.type === "String" ? name.value : name.name) === key,
  )?.value;
}

function placeOf(node: AnyNode): TextPlace {
  const { line, column } = node.loc.start;
  return { line, column };
}
