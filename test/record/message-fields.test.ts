import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import {
  type MessageField,
  MESSAGE_FIELDS,
  TEXT_FIELDS,
  listPlainFields,
} from "../../src/record/message-fields.js";

interface Schema {
  definitions: {
    [name: string]: {
      properties: { [key: string]: { $ref?: string; const?: string | boolean } };
      enum?: string[];
    };
  };
}

const repository = path.resolve(import.meta.dirname, "../..");
const { definitions } = JSON.parse(
  readFileSync(path.join(repository, "docs/conversation.schema.json"), "utf8"),
) as Schema;
const keysOf = (name: string) => Object.keys(definitions[name]?.properties ?? {});
const fields = Object.entries<MessageField>(MESSAGE_FIELDS);

test("the table of message keys says of each key which messages have it, as the schema does", () => {
  const [user, agent, unspoken] = ["UserMessage", "AgentMessage", "UnspokenMessage"].map(keysOf);
  const ownerOf = (key: string) => {
    if (user?.includes(key)) return agent?.includes(key) ? "message" : "user";
    return agent?.includes(key) ? "agent" : "unspoken";
  };
  const expected = new Set([...(user ?? []), ...(agent ?? []), ...(unspoken ?? [])]);
  expect(Object.fromEntries(fields.map(([key, { of }]) => [key, of]))).toEqual(
    Object.fromEntries([...expected].map((key) => [key, ownerOf(key)])),
  );
});

test("the table of message keys has every name that the schema allows a value to have", () => {
  const namesOf = (owner: string, key: string): string[] => {
    const { $ref = "", const: only } = definitions[owner]?.properties[key] ?? {};
    if (typeof only === "string") return [only];
    return definitions[$ref.replace("#/definitions/", "")]?.enum ?? [];
  };
  const owners = ["UserMessage", "AgentMessage", "UnspokenMessage"];
  for (const [key, { kind }] of fields) {
    const allowed = new Set(owners.flatMap((owner) => namesOf(owner, key)));
    const listed = typeof kind === "string" ? [] : kind;
    expect(new Set(listed), key).toEqual(allowed);
  }
});

test("no two keys of a message are the same attribute of a span", () => {
  for (const carrier of ["user", "agent", "playout", "amendment"] as const) {
    const attributes = listPlainFields(carrier).map(({ attribute }) => attribute);
    expect(attributes.length).toBeGreaterThan(2);
    expect(attributes).toEqual([...new Set(attributes)]);
  }
});

test("a review, and the limit of texts, know every key that holds words", () => {
  expect(TEXT_FIELDS.map(({ key }) => key)).toEqual([
    "content",
    "taken_as",
    "source_text",
    "generated",
    "shown",
    "tts_text",
  ]);
});
