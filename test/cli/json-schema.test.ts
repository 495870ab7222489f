import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect, it } from "vitest";
import { createProgram, parseCommandLine } from "../../src/cli/program.js";
import { keepOutput } from "../support/keep-output.js";

const SAMPLE = "conversations/sample-parcel-desk.json";
const SCHEMA = JSON.parse(readFileSync("docs/cli.schema.json", "utf8")) as {
  $id: string;
  properties: Record<string, unknown>;
};

it("docs/cli.schema.json has the answer of every command", async () => {
  const names = (await createProgram(keepOutput())).commands.map((command) => command.name());
  expect(Object.keys(SCHEMA.properties).toSorted()).toEqual(names.toSorted());
});

it.each([
  ["list", "--directory", "conversations"],
  ["show", SAMPLE],
  ["show", SAMPLE, "--turn", "3"],
  ["search", "parcel", "--directory", "conversations"],
  ["search", "parcel", "--count", "--directory", "conversations"],
  ["stats", "--directory", "conversations"],
  ["compare", "status:complete", "status:complete", "--directory", "conversations"],
  ["latency", SAMPLE, "--by", "llm"],
  ["latency", "--against", "7d", "--directory", "conversations"],
  ["compare", SAMPLE, SAMPLE],
])("`talktrace %s %s %s %s %s --json` prints what docs/cli.schema.json says", async (...args) => {
  const terminal = keepOutput();
  const given = args.filter((arg) => arg !== undefined);
  await parseCommandLine(terminal, [...given, "--json"]);
  const ajv = new Ajv({ strict: false }).addSchema(SCHEMA);
  const validate = ajv.compile({ $ref: `${SCHEMA.$id}#/properties/${given[0]}` });
  validate(JSON.parse(terminal.out.join("")));
  expect(validate.errors).toBeNull();
});
