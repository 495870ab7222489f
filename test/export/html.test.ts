import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { type DefaultTreeAdapterTypes, parse } from "parse5";
import { afterAll, beforeAll, expect, it } from "vitest";
import { extractRecord, parseConversation } from "../../src/record/index.js";
import { runCli } from "../support/run-cli.js";
import { anyCall } from "./support/any-call.js";
import { HARD_TEXTS, exportCalls, makeCall, readSample } from "./support/calls.js";
import { countOf } from "../support/counts.js";

type Element = DefaultTreeAdapterTypes.Element;
type ChildNode = DefaultTreeAdapterTypes.ChildNode;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-html-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const SAMPLE = readSample();

/** Every element of a page, as a browser's parser sees it. */
function listElements(page: string): Element[] {
  const list = (nodes: readonly ChildNode[]): Element[] =>
    nodes.flatMap((node) => ("tagName" in node ? [node, ...list(node.childNodes)] : []));
  return list(parse(page).childNodes);
}

function attribute({ attrs }: Element, name: string): string | undefined {
  return attrs.find((each) => each.name === name)?.value;
}

function textOf(node: ChildNode): string {
  if ("value" in node) return node.value;
  return "childNodes" in node ? node.childNodes.map(textOf).join("") : "";
}

it("html shows the demo's call: findings, words of both sides, what was not heard, tools and waits", async () => {
  const elements = listElements(await exportCalls("html", [SAMPLE]));
  const body = elements.find(({ tagName }) => tagName === "body");
  const shown = body === undefined ? "" : textOf(body);
  for (const { content } of SAMPLE.conversation) expect(shown).toContain(content);
  expect(shown).toContain("A reply was cut off by the caller");
  expect(shown).toContain('lookup_order({"order_number":"4271"})');
  const unheard = elements.filter(({ tagName }) => tagName === "s").map(textOf);
  expect(unheard[0]).toMatch(/^and leaves you a card/);
  const rows = elements.filter((each) => attribute(each, "id")?.startsWith("message-") === true);
  expect(rows).toHaveLength(SAMPLE.conversation.length);
});

it("html loads nothing, and its policy allows only its own style and script", async () => {
  const page = await exportCalls("html", [SAMPLE]);
  const elements = listElements(page);
  const policy = elements.find(
    (each) => attribute(each, "http-equiv") === "Content-Security-Policy",
  );
  const content = (policy && attribute(policy, "content")) ?? "";
  expect(content).toMatch(
    /^default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+'; base-uri 'none'; form-action 'none'$/,
  );
  const hashed = elements
    .filter(
      (each) =>
        each.tagName === "style" ||
        (each.tagName === "script" && attribute(each, "type") === undefined),
    )
    .map((each) => `'sha256-${createHash("sha256").update(textOf(each)).digest("base64")}'`);
  expect(hashed).toHaveLength(2);
  for (const hash of hashed) expect(content).toContain(hash);
  expect(
    elements.flatMap(({ attrs }) => attrs).filter(({ name }) => name === "src" || name === "style"),
  ).toEqual([]);
});

it("html at a moment marks the message of that moment, to which the page opens", async () => {
  const elements = listElements(await exportCalls("html", [SAMPLE], {}, 16));
  const opened = elements.filter((each) => attribute(each, "class")?.includes("opened") === true);
  expect(opened.map(textOf).join("")).toContain("Yes, the number is 4271.");
});

/** What a page of ours may have, whatever was said in the call. */
const TAGS = new Set(
  "html head meta title style body header h1 h2 p svg rect text g path circle title ul li ol span a time div s code details summary script".split(
    " ",
  ),
);
const ATTRIBUTES = new Set(
  "lang charset http-equiv content name viewBox role aria-label class x y width height text-anchor d cx cy r href id dir type".split(
    " ",
  ),
);

it("html of any call has no element, attribute or link that a text made", async () => {
  await fc.assert(
    fc.asyncProperty(anyCall, async (call) => {
      const elements = listElements(await exportCalls("html", [call]));
      expect(elements.map(({ tagName }) => tagName).filter((tag) => !TAGS.has(tag))).toEqual([]);
      const attributes = elements.flatMap(({ attrs }) => attrs);
      expect(attributes.map(({ name }) => name).filter((name) => !ATTRIBUTES.has(name))).toEqual(
        [],
      );
      expect(
        attributes.filter(({ name, value }) => name === "href" && !/^#message-\d+$/.test(value)),
      ).toEqual([]);
      expect(elements.filter(({ tagName }) => tagName === "script")).toHaveLength(2);
    }),
  );
});

it("html of any call gives the same document back", async () => {
  await fc.assert(
    fc.asyncProperty(anyCall, async (call) => {
      const page = await exportCalls("html", [call]);
      // Through bytes, as a file goes.
      const read = Buffer.from(page).toString("utf8");
      expect(parseConversation(extractRecord(read) ?? "", "call.html")).toEqual(call);
    }),
    { numRuns: countOf(80, 200) },
  );
});

it("`talktrace show call.html` shows the call of the page, and export makes other forms of it", async () => {
  const path = join(folder, "call.html");
  writeFileSync(path, await exportCalls("html", [SAMPLE]));
  const shown = await runCli("show", path, "--json");
  expect(shown.code).toBe(0);
  const expected = await runCli("show", "conversations/sample-parcel-desk.json", "--json");
  expect(JSON.parse(shown.stdout)).toEqual({
    ...(JSON.parse(expected.stdout) as object),
    file: path,
  });
  expect((await runCli("export", path, "--format", "txt")).stdout).toContain("# call, ");
});

it("`talktrace show` says of a page without a whole record that there is none", async () => {
  const path = join(folder, "other.html");
  for (const page of [
    "<!doctype html><p>hello",
    (await exportCalls("html", [SAMPLE])).slice(0, -1000),
  ]) {
    writeFileSync(path, page);
    const { code, stderr } = await runCli("show", path);
    expect(code).toBe(1);
    expect(stderr).toContain("there is no whole record in this page");
  }
});

it("html of an empty call, and of hard texts, fails nowhere", async () => {
  for (const call of [makeCall([]), makeCall(HARD_TEXTS.map((user) => ({ user })))]) {
    const page = await exportCalls("html", [call]);
    expect(page).not.toContain("undefined");
    expect(page).not.toContain("NaN");
  }
});
