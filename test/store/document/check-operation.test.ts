import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { checkOperation } from "../../../src/store/document/check-operation.js";
import type { Operation } from "../../../src/store/document/operations.js";

interface Property {
  $ref?: string;
  enum?: unknown[];
  const?: unknown;
  type?: string;
}

const schema = JSON.parse(readFileSync("docs/conversation.schema.json", "utf8")) as {
  definitions: { [name: string]: Property & { properties?: { [key: string]: Property } } };
};

/** The words that a key may have; undefined where it may have any value of its type. */
function namesOf(property: Property): unknown[] | undefined {
  const named =
    property.$ref === undefined
      ? property
      : schema.definitions[property.$ref.replace("#/definitions/", "")];
  return named?.enum ?? (named?.const === undefined ? undefined : [named.const]);
}

function misfitsOf(operation: object): readonly string[] {
  return checkOperation(operation as Operation).invalidKeys;
}

const NAMED = ["UserMessage", "AgentMessage"].flatMap((definition) =>
  Object.entries(schema.definitions[definition]?.properties ?? {}).flatMap(([key, property]) => {
    const names = namesOf(property);
    return names === undefined ? [] : [{ definition, key, names }];
  }),
);

it("the schema has keys with names to choose from", () => {
  expect(NAMED.length).toBeGreaterThan(4);
});

it.each(NAMED)("$key of a $definition may have each name of the schema, and no other", (named) => {
  const amend = (value: unknown) =>
    misfitsOf({ op: "amend", id: "m_1", amendment: { [named.key]: value } });
  for (const name of named.names) expect(amend(name), String(name)).toEqual([]);
  expect(amend("something else")).toEqual([named.key]);
});

it("an unspoken message may have each reason of the schema", () => {
  const names = schema.definitions["UnspokenReason"]?.enum ?? [];
  expect(names).not.toEqual([]);
  for (const reason of names) expect(misfitsOf({ op: "retract", id: "m_1", reason })).toEqual([]);
});
