import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect, it } from "vitest";
import { createProgram, parseCommandLine } from "../../src/cli/program.js";
import { buildCliSchema } from "../support/cli-schema.js";
import { keepOutput } from "../support/keep-output.js";

const SAMPLE = "conversations/sample-parcel-desk.json";
const SCHEMA = JSON.parse(readFileSync("docs/cli.schema.json", "utf8")) as {
  $id: string;
  properties: Record<string, unknown>;
};

// `npm run cli:page` runs this test with `--update`, which writes the file.
it("docs/cli.schema.json is what the types of the answers give; `npm run cli:page` brings it up to date", async () => {
  await expect(buildCliSchema()).toMatchFileSnapshot("../../docs/cli.schema.json");
});

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
