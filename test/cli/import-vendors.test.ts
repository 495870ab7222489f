import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { IMPORT_FORMATS } from "../../src/import/index.js";
import { runCli } from "../support/run-cli.js";

const FIXTURES = resolve(import.meta.dirname, "../import/fixtures");

let folder: string;
let to: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-import-"));
  to = join(folder, "calls");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function importInto(...words: string[]) {
  return runCli("import", ...words, "--to", to);
}

describe.each([
  ["retell-call.json", "retell", "It is out for delivery."],
  ["vapi-call.json", "vapi", "It is out for delivery."],
  ["elevenlabs-conversation.json", "elevenlabs", "Parcel 4271 is out for..."],
  ["deepgram-response.json", "deepgram", "It is out for delivery."],
  ["vcon-call.json", "vcon", "It is out for delivery."],
])("talktrace import %s", (name, form, words) => {
  it("gives a document that show, list, latency, stats and verify take, and writes it once", async () => {
    const file = join(FIXTURES, name);
    const first = await importInto(file, "--channels", "user,agent");
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toContain(` (${form}, `);
    const [document = ""] = readdirSync(to);
    const shown = await runCli("show", join(to, document));
    expect(shown.stdout).toContain(words);
    expect(shown.stdout).toContain(`imported   ${form} from ${name}, without `);
    for (const command of ["list", "latency", "stats", "verify"]) {
      const { code, stdout } = await runCli(command, "--directory", to);
      expect({ command, code, stdout }).toMatchObject({ command, code: 0 });
    }
    const again = await importInto(file, "--channels", "user,agent");
    expect(again.stdout).toContain(`= ${name} was imported before`);
    expect(readdirSync(to)).toEqual([document]);
  });
});

describe("talktrace import of calls from an API", () => {
  it("knows a call of a list again that was imported alone, and imports the others", async () => {
    const call = JSON.parse(readFileSync(join(FIXTURES, "retell-call.json"), "utf8")) as object;
    await importInto(join(FIXTURES, "retell-call.json"));
    const items = [call, { ...call, call_id: "another" }, { ...call, call_status: "ongoing" }];
    const page = put("page.json", JSON.stringify({ items, has_more: true }));
    const { code, stdout } = await importInto(page);
    expect(stdout.split("\n")).toEqual([
      expect.stringMatching(/^= page\.json was imported before/),
      expect.stringMatching(/^✓ page\.json → .*\(retell, 5 messages\)$/),
      expect.stringMatching(/^ {2}without /),
      "◆ page.json: not imported, the call call_5f0e1d2c3b4a59687 is not over (ongoing)",
      "- page.json: left out, the list has more pages, which are not in it",
      "1 call imported, 1 known already, 1 left out, 1 not imported",
      "",
    ]);
    expect(code).toBe(1);
  });

  it("asks who is on which channel, and refuses what is no side", async () => {
    const file = join(FIXTURES, "deepgram-response.json");
    const asked = await importInto(file);
    expect(asked).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("--channels user,agent"),
    });
    const wrong = await importInto(file, "--channels", "user,robot");
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toContain('Give "user" or "agent" for each channel');
  });
});

describe("talktrace import of a file that it cannot read", () => {
  it("says what it saw and which forms are known", async () => {
    const { code, stdout } = await importInto(put("x.json", '{"id":"1","text":"hi"}'));
    expect(code).toBe(1);
    expect(stdout).toContain('it is of no known form: JSON with "id", "text"; known forms are ');
    // A file has one of the variants' names, and never that of the form around them.
    const facts = IMPORT_FORMATS.flatMap((form) => form.variants ?? [form]);
    for (const { name } of facts) expect(stdout).toContain(name);
  });

  it.each([
    ["gzip", (text: string) => gzipSync(text), "it is compressed (gzip); decompress it first"],
    ["UTF-16", (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le"), "it is UTF-16"],
  ])("says of %s how to make it readable", async (_name, encode, reason) => {
    const text = readFileSync(join(FIXTURES, "vapi-call.json"), "utf8");
    const { code, stdout } = await importInto(put("call.json", encode(text)));
    expect(code).toBe(1);
    expect(stdout).toContain(reason);
  });
});
