import MarkdownIt from "markdown-it";
import { expect, it } from "vitest";
import type { TextKind } from "../../src/export/index.js";
import { toOneLine } from "../../src/record/index.js";
import { HARD_TEXTS, exportCalls, makeCall, readSample } from "./support/calls.js";

const SAMPLE = readSample();
const CUT_OFF = makeCall([
  { user: "What happens then?" },
  {
    agent: "The driver tries your neighbours,",
    more: {
      delivery: "partial",
      generated: "The driver tries your neighbours, and leaves a card.",
    },
  },
  { user: "Stop." },
  { agent: "", more: { delivery: "none", generated: "Never heard at all." } },
]);

it("txt has one line a message and says which words it has", async () => {
  const file = await exportCalls("txt", [SAMPLE]);
  const [head, ...lines] = file.trimEnd().split("\n");
  expect(head).toBe("# call_1, 2026-11-22T06:05:14.011182+00:00, text: what was heard");
  expect(lines).toEqual(SAMPLE.conversation.map(({ role, content }) => `${role}: ${content}`));
});

it.each<[TextKind, string[]]>([
  ["heard", ["agent: The driver tries your neighbours,", "user: Stop."]],
  [
    "generated",
    [
      "agent: The driver tries your neighbours, and leaves a card.",
      "user: Stop.",
      "agent: Never heard at all.",
    ],
  ],
  [
    "both",
    [
      "agent: The driver tries your neighbours, [not heard: and leaves a card.]",
      "user: Stop.",
      "agent:  [not heard: Never heard at all.]",
    ],
  ],
])("txt with --text %s has these words of replies that were cut off", async (text, expected) => {
  const file = await exportCalls("txt", [CUT_OFF], { text });
  expect(file.trimEnd().split("\n").slice(2)).toEqual(expected);
});

it("txt keeps every hard text on its own line", async () => {
  const file = await exportCalls("txt", [makeCall(HARD_TEXTS.map((user) => ({ user })))]);
  expect(file.trimEnd().split("\n").slice(1)).toEqual(
    HARD_TEXTS.map((text) => `user: ${toOneLine(text)}`),
  );
});

/** What a reader of Markdown shows: the text, and the tags round it. */
function render(file: string): { text: string; tags: Set<string> } {
  const html = new MarkdownIt({ html: true, linkify: true }).render(file);
  const text = html
    .replaceAll(/<!--.*?-->/gs, "")
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
  return { text, tags: new Set([...html.matchAll(/<([a-z]\w*)/g)].map(([, tag = ""]) => tag)) };
}

it("md shows findings, transcript, tools and the slowest wait of the demo's call", async () => {
  const file = await exportCalls("md", [SAMPLE]);
  expect(file).toMatch(/^## call\\_1\n/);
  expect(file).toContain("Text: what was heard.");
  expect(file).toContain("### Findings");
  expect(file).toContain("क्या ड्राइवर मुझे फ़ोन करेगा?");
  expect(file).toContain('⚙ `lookup_order({"order_number":"4271"})` → `{"order_number":"4271"');
  expect(file).toMatch(/```text\n(?:[a-z ]+\d+\.\d{3} s +[ ▏▎▍▌▋▊▉█]+\n)+together +\d/);
});

it("md shows every hard text as it was said, and nothing in it becomes markup", async () => {
  const file = await exportCalls("md", [makeCall(HARD_TEXTS.map((user) => ({ user })))]);
  const { text, tags } = render(file);
  for (const each of HARD_TEXTS) {
    const shown = toOneLine(each).trim();
    // A reader of Markdown shows this sign in place of half a sign; runs of blanks are one in HTML.
    expect(text).toContain(shown);
  }
  expect([...tags].toSorted()).toEqual(
    ["em", "h2", "h3", "li", "p", "strong", "ul"].filter((tag) => tags.has(tag)),
  );
});

it("md mentions nobody and links no issue of a text on GitHub", async () => {
  const file = await exportCalls("md", [makeCall([{ user: "ask @octocat about #12 and GH-7" }])]);
  expect(file).toContain("ask @<!-- -->octocat about #<!-- -->12 and GH-<!-- -->7");
});

it("md at a moment has the turn of the moment, its neighbours, and where the time of that turn went", async () => {
  const whole = await exportCalls("md", [SAMPLE]);
  const part = await exportCalls("md", [SAMPLE], {}, 17);
  expect(part.length).toBeLessThan(whole.length);
  expect(part).toContain("@0:17.0");
  expect(part).toContain("Yes, the number is 4271.");
  expect(part).not.toContain("Goodbye");
  expect(part).toContain("### Where the time went: turn 3");
});

it.each([
  [{ output: "no such order", is_error: true }, true],
  [{ output: '{"error":"no such order"}' }, true],
  [{ output: '{"status":"found"}' }, false],
])("md says of a tool with %j whether it failed, as the findings do", async (data, hasFailed) => {
  const file = await exportCalls("md", [makeCall([{ tool: "f", data }, { agent: "Done." }])]);
  expect(file.includes("**failed**")).toBe(hasFailed);
});

it("md keeps code as it is, whatever backticks a tool's result has", async () => {
  const output = "``` and `` and `";
  const file = await exportCalls("md", [
    makeCall([{ tool: "f", data: { output } }, { agent: "Done." }]),
  ]);
  expect(render(file).text).toContain(`→ ${output}`);
});

it.each(["txt", "md"])("%s of an empty call says so and fails nowhere", async (format) => {
  const file = await exportCalls(format, [makeCall([])]);
  expect(file).toContain("call");
  expect(file).not.toContain("undefined");
});
