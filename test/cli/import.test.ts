import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseConversation } from "../../src/record/index.js";
import { runCli } from "../support/run-cli.js";
import { makeZip } from "../import/support/make-zip.js";

const REPORT = resolve(import.meta.dirname, "../import/fixtures/session-report-python.json");
const VAPI = resolve(import.meta.dirname, "../import/fixtures/vapi-call.json");
const FORMAT_0 = resolve(import.meta.dirname, "../record/fixtures/format-0-list.json");

let folder: string;
let to: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-import-"));
  to = join(folder, "calls");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function importInto(...files: string[]) {
  return runCli("import", ...files, "--to", to);
}

function readOnly(): ReturnType<typeof parseConversation> {
  const [name = "", ...more] = readdirSync(to);
  expect(more).toEqual([]);
  return parseConversation(readFileSync(join(to, name), "utf8"), name);
}

/** A call that no document can have: its minutes as seconds are more than any number. */
function makeUnfitCall(): string {
  const cost = {
    type: "transcriber",
    minutes: 1e308,
    transcriber: { provider: "deepgram", model: "nova-3" },
  };
  return JSON.stringify({ ...(JSON.parse(readFileSync(VAPI, "utf8")) as object), costs: [cost] });
}

describe("talktrace import", () => {
  it("writes a document that only its owner may read, and says where it comes from and what it lacks", async () => {
    const { code, stdout, stderr } = await importInto(REPORT);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [name = ""] = readdirSync(to);
    expect(stdout).toBe(
      `✓ session-report-python.json → ${join(to, name)} (livekit_report, 7 messages)\n` +
        "  without the unheard rest of replies that were cut off, word times, when the LLM and the TTS were asked\n" +
        "1 call imported\n",
    );
    expect(statSync(join(to, name)).mode & 0o777).toBe(0o600);
    expect(readOnly().session.imported_from).toMatchObject({
      format: "livekit_report",
      file: "session-report-python.json",
      sha256: createHash("sha256").update(readFileSync(REPORT)).digest("hex"),
    });
    const shown = await runCli("show", join(to, name));
    expect(shown.stdout).toContain(
      "imported   livekit_report from session-report-python.json, without the unheard rest",
    );
    expect(shown.stdout).toContain("Parcel 4271 is out for delivery. The driver first");
    const latency = await runCli("latency", join(to, name));
    expect(latency.stdout).toMatch(/together +3 +0\.626 +0\.628/);
  });

  it("gives calls of one file that have the same id an id each", async () => {
    const call = JSON.parse(readFileSync(VAPI, "utf8")) as { id: string };
    const path = join(folder, "list.json");
    writeFileSync(path, JSON.stringify([call, { ...call, id: `${call.id}_2` }, call, call]));
    await importInto(path);
    const ids = readdirSync(to).map(
      (name) => parseConversation(readFileSync(join(to, name), "utf8"), name).session.id,
    );
    expect(ids.toSorted()).toEqual(["", "_2", "_3", "_4"].map((ending) => `${call.id}${ending}`));
  });

  it("writes nothing the second time, also from a ZIP or under another name", async () => {
    await importInto(REPORT);
    const before = readFileSync(join(to, readdirSync(to)[0] ?? ""));
    const copy = join(folder, "copy.bin");
    writeFileSync(copy, readFileSync(REPORT));
    const zip = join(folder, "calls.zip");
    writeFileSync(zip, makeZip([{ name: "deep/er.json", content: readFileSync(REPORT) }]));
    for (const [path, name] of [
      [REPORT, "session-report-python.json"],
      [copy, "copy.bin"],
      [zip, "calls.zip/deep/er.json"],
    ] as const) {
      const { code, stdout } = await importInto(path);
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringContaining(`= ${name} was imported before, as ${to}`),
      });
    }
    expect(readdirSync(to)).toHaveLength(1);
    expect(readFileSync(join(to, readdirSync(to)[0] ?? ""))).toEqual(before);
  });

  it("names what is of no known form, with the reason, and imports the rest of a folder", async () => {
    const given = join(folder, "given");
    mkdirSync(join(given, "inner"), { recursive: true });
    writeFileSync(join(given, "inner", "report.json"), readFileSync(REPORT));
    writeFileSync(join(given, "audio.ogg"), "OggS\0\x02");
    writeFileSync(join(given, "package.json"), '{"name":"x","version":"1"}');
    writeFileSync(join(given, "cut.json"), readFileSync(REPORT).subarray(0, 2000));
    writeFileSync(join(given, ".hidden.json"), readFileSync(REPORT));
    symlinkSync(given, join(given, "loop"));
    const { code, stdout } = await importInto(given);
    expect(stdout.split("\n")).toEqual([
      "- audio.ogg: left out, it is sound (Ogg), and no words; sound is not imported",
      "◆ cut.json: not imported, it is not valid JSON, cut short at byte 2000",
      expect.stringMatching(/^✓ inner\/report\.json → /),
      expect.stringMatching(/^ {2}without /),
      "- loop: left out, it is a link or no file",
      '- package.json: left out, it is of no known form: JSON with "name", "version"',
      "1 call imported, 3 left out, 1 not imported",
      "",
    ]);
    expect(code).toBe(1);
  });

  it("prints the same facts as JSON, and fails for a file that is not there", async () => {
    const missing = join(folder, "none.json");
    const { code, stdout } = await importInto(FORMAT_0, missing, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([
      { file: "format-0-list.json", outcome: "imported", format: "talktrace", messages: 4 },
      { file: "none.json", outcome: "refused", problem: "there is no such file" },
    ]);
  });

  it("does not import a recording of the same folder again, nor its text log", async () => {
    await importInto(REPORT);
    const [name = ""] = readdirSync(to);
    const { session } = readOnly();
    writeFileSync(join(to, name.replace(".json", ".txt")), "user: hi\n");
    const { code, stdout } = await importInto(to);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout:
        `= ${name} was imported before, as ${join(to, name)}\n` +
        `- ${name.replace(".json", ".txt")}: left out, the same call is in ${name}\n` +
        "0 calls imported, 1 known already, 1 left out\n",
    });
    expect(session.id).toBe("RM_91fc9d878040");
  });

  it("imports the text of a call whose JSON file is refused", async () => {
    const given = join(folder, "given");
    mkdirSync(given);
    writeFileSync(join(given, "call.json"), makeUnfitCall());
    writeFileSync(join(given, "call.txt"), "user: hi\n");
    const { code, stdout } = await importInto(given);
    expect(code).toBe(1);
    expect(stdout).toContain("◆ call.json: not imported, its values do not fit: ");
    expect(stdout).toContain("✓ call.txt → ");
    expect(readOnly().conversation).toMatchObject([{ role: "user", content: "hi" }]);
  });

  it.each([
    ["call.json", "call.txt"],
    ["call.txt", "call.json"],
    ["call.TXT", "call.json"],
  ])("imports a call once of a folder or a ZIP with %s and %s", async (...names) => {
    const given = join(folder, "given");
    mkdirSync(given);
    const parts = names.map((name) => ({
      name,
      content: name.endsWith(".json") ? readFileSync(REPORT) : "user: hi\n",
    }));
    for (const { name, content } of parts) writeFileSync(join(given, name), content);
    const zip = join(folder, "calls.zip");
    writeFileSync(zip, makeZip(parts));
    for (const path of [given, zip]) {
      rmSync(to, { recursive: true, force: true });
      const { code, stdout } = await importInto(path);
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringContaining("left out, the same call is in "),
      });
      expect(readOnly().session.imported_from?.format).toBe("livekit_report");
    }
  });

  it("knows a file again whatever its name is, also a name longer than a document's first kilobytes", async () => {
    const sha256 = "0".repeat(64);
    const names = [
      "call{1}.txt",
      "}.txt",
      '"}".txt',
      '\\".txt',
      `","sha256": "${sha256}".txt`,
      `", "sha256": "${sha256}", "x.txt`,
      "\n\u0001{[,:.txt",
      "नमस्ते}.txt",
      `${"\u0001".repeat(60_000)}.txt`,
    ];
    // A ZIP takes names that are too long for a file, but no backslash.
    const parts = names.map((name, index) => ({ name, content: `user: hi ${index}\n` }));
    const zip = join(folder, "calls.zip");
    writeFileSync(zip, makeZip(parts.filter(({ name }) => !name.includes("\\"))));
    const given = join(folder, "given");
    mkdirSync(given);
    for (const { name, content } of parts)
      if (name.length < 200 && !name.includes("/")) writeFileSync(join(given, name), content);
    for (const path of [zip, given]) {
      rmSync(to, { recursive: true, force: true });
      expect((await importInto(path)).stdout).toContain("8 calls imported");
      const { code, stdout } = await importInto(path);
      expect(code).toBe(0);
      expect(stdout).toContain("0 calls imported, 8 known already");
      expect(readdirSync(to)).toHaveLength(8);
    }
  });

  it("completes a file whose import was interrupted after its first call", async () => {
    const text =
      "# one, 2025-08-18T14:30:20.000000+05:30, text: heard\nuser: hi\n\n" +
      "# two, 2025-08-18T15:30:20.000000+05:30, text: heard\nuser: bye\n";
    const file = join(folder, "calls.txt");
    writeFileSync(file, text);
    await importInto(file);
    expect(readdirSync(to)).toHaveLength(2);
    rmSync(join(to, "conversation_20250818_153020.json"));
    const { stdout } = await importInto(file);
    expect(stdout).toContain("1 call imported, 1 known already");
    expect(readdirSync(to)).toContain("conversation_20250818_153020.json");
  });

  it("gives a call without a date a name without one, so that no removal of old calls takes it", async () => {
    const file = join(folder, "calls.txt");
    writeFileSync(file, "user: hi\n");
    await importInto(file);
    expect(readdirSync(to)).toEqual(["conversation_00000000_000000.json"]);
  });

  it("never takes a name that belongs to somebody else's files", async () => {
    mkdirSync(to);
    writeFileSync(join(to, "conversation_20250818_143020.journal"), "");
    writeFileSync(join(to, "conversation_20250818_143020_2.tags.json"), "{}");
    await importInto(FORMAT_0);
    expect(readdirSync(to)).toContain("conversation_20250818_143020_3.json");
  });

  it("fails with the reason where the folder cannot be made", async () => {
    writeFileSync(join(folder, "file"), "");
    const { code, stderr } = await runCli("import", REPORT, "--to", join(folder, "file", "calls"));
    expect(code).toBe(1);
    expect(stderr).toContain("ENOTDIR");
    chmodSync(folder, 0o700);
  });
});
