import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  type TalkTraceConfig,
  findCategories,
  readConfig,
  tagByRules,
} from "../../src/config/index.js";
import { makeTextTest } from "../../src/config/text-test.js";
import { findFindings } from "../../src/insight/index.js";
import type { Conversation } from "../../src/record/index.js";
import { readSidecar } from "../../src/store/index.js";
import { measureGrowth } from "../support/growth.js";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-config-"));
  path = join(folder, "talktrace.config.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(config: TalkTraceConfig) {
  writeFileSync(path, JSON.stringify(config));
  return readConfig(path);
}

/** A call in which the agent says that an order is cancelled; the tool is called at a second, or not. */
function makeCall({
  toolAt,
  isError = false,
}: { toolAt?: number; isError?: boolean } = {}): Conversation {
  const at = (s: number) => `2026-01-01T09:00:${String(s).padStart(2, "0")}.000000+00:00`;
  return {
    format: 2,
    conversation: [
      {
        role: "user",
        content: "Please cancel my order, it is about a refund",
        timestamp: at(3),
        started_at: at(2),
        ended_at: at(3),
        source: "deepgram_stt",
        id: "m_1",
        seq: 1,
        turn_id: "t_1",
      },
      {
        role: "agent",
        content: "Your order is cancelled.",
        timestamp: at(10),
        started_at: at(10),
        ended_at: at(12),
        source: "cartesia_tts",
        id: "m_2",
        seq: 2,
        turn_id: "t_1",
        delivery: "full",
      },
    ],
    unspoken: [],
    events:
      toolAt === undefined
        ? []
        : [
            {
              type: "tool_call",
              timestamp: at(toolAt),
              data: { name: "cancel_order", is_error: isError },
            },
          ],
    session: { id: "s", status: "complete", started_at: at(0), ended_at: at(20), software: {} },
    metrics: {} as Conversation["metrics"],
    integrity: { dropped: 0, damaged_lines: 0 },
  };
}

const SAID_WITHOUT_DONE: TalkTraceConfig = {
  rules: [
    {
      name: "said_cancelled_without_tool",
      severity: "bad",
      when: { role: "agent", text: "/cancel(l)?ed/i" },
      unless: { tool: "cancel_order", ok: true, within: "before" },
    },
  ],
};

it.each([
  ["no tool was called", {}, 1],
  ["the tool was called before", { toolAt: 8 }, 0],
  ["the tool failed", { toolAt: 8, isError: true }, 1],
  ["the tool was called after", { toolAt: 15 }, 1],
])(
  "a rule `when the agent says so, unless a tool did it before` where %s",
  (_what, call, count) => {
    const found = findFindings(makeCall(call), read(SAID_WITHOUT_DONE)).filter(
      ({ rule }) => rule === "said_cancelled_without_tool",
    );
    expect(found).toHaveLength(count);
    expect(found.map(({ at_s, message_ids, severity }) => [at_s, message_ids, severity])).toEqual(
      Array.from({ length: count }, () => [10, ["m_2"], "bad"]),
    );
  },
);

it("limits change what a rule finds, `off` switches a rule off, and trackers note what was said", () => {
  const call = makeCall();
  const rulesOf = (config: TalkTraceConfig) =>
    findFindings(call, read(config)).map(({ rule }) => rule);
  expect(rulesOf({})).toEqual(findFindings(call).map(({ rule }) => rule));
  expect(rulesOf({})).toContain("dead_air");
  expect(rulesOf({ limits: { deadAirS: { warn: 60, bad: 90 } } })).not.toContain("dead_air");
  expect(rulesOf({ off: ["dead_air"] })).not.toContain("dead_air");
  const [tracked] = findFindings(
    call,
    read({ trackers: [{ name: "money", phrases: ["refund", "price"], role: "user" }] }),
  ).filter(({ rule }) => rule === "money");
  expect(tracked).toMatchObject({ severity: "note", at_s: 2, text: 'money: "refund" was said.' });
});

it("phrases for a person are found beside the rule's own, once each", () => {
  const call = makeCall();
  call.conversation[0]!.content = "I want to speak to a human, get me Bob";
  const config = read({ phrases: { asked_for_human: ["get me bob", "speak to a human"] } });
  expect(findFindings(call, config).filter(({ rule }) => rule === "asked_for_human")).toHaveLength(
    1,
  );
  call.conversation[0]!.content = "get me Bob";
  expect(findFindings(call, config).filter(({ rule }) => rule === "asked_for_human")).toHaveLength(
    1,
  );
});

it("categories tag a call at its end, and keep the tags that it has", async () => {
  const config: TalkTraceConfig = {
    categories: [
      { name: "billing/refund", when: { role: "user", text: "refund" } },
      { name: "quiet", when: { finding: "dead_air" } },
      { name: "never", when: { event: "no_such_event" } },
    ],
  };
  expect(findCategories(makeCall(), read(config))).toEqual(["billing/refund", "quiet"]);
  const file = join(folder, "call.json");
  await tagByRules(path)({ path: file, conversation: makeCall() });
  await tagByRules(path)({ path: file, conversation: makeCall() });
  expect((await readSidecar(file))?.tags).toEqual(["billing/refund", "quiet"]);
});

it.each([
  ['{\n  "rulez": []\n}', ':2:12: /rulez is no key that there is; did you mean "rules"?'],
  ['{\n  "off": ["slow_replay"]\n}', ":2:11: /off/0 has to be one of slow_reply"],
  [
    '{\n  "limits": {\n    "slowReplyS": { "warn": "two" }\n  }\n}',
    ":3:29: /limits/slowReplyS/warn must be number",
  ],
  [
    '{ "rules": [ { "name": "x", "severity": "bad" } ] }',
    ":1:14: /rules/0 must have required property 'when'",
  ],
  [
    '{ "rules": [\n { "name": "x", "severity": "bad", "when": { "text": "/(?=a)b/" } } ] }',
    ':2:2: /rules/0 cannot be used: "/(?=a)b/" is no expression of RE2',
  ],
  [
    '{ "rules": [\n { "name": "x", "severity": "bad", "when": { "text": "/a/g" } } ] }',
    '"g" is no flag',
  ],
  [
    '{ "rules": [\n { "name": "x", "severity": "bad", "when": { "text": "a", "tool": "b" } } ] }',
    "about several of them",
  ],
  ['{ "trackers": [{ "name": "x", "phrases": ["!"] }] }', '"!" has no word in it'],
  ['{\n  "off": [\n', ":3:1:"],
  ["", ":1:1:"],
  ["[]", ":1:1: the config must be object"],
])("a config %j is refused with its path, line and reason", (text, why) => {
  writeFileSync(path, text);
  expect(() => readConfig(path)).toThrow(path);
  expect(() => readConfig(path)).toThrow(why);
});

it("a config may have comments, a byte order mark and a $schema", () => {
  writeFileSync(
    path,
    '\ufeff{\n // ours\n "$schema": "node_modules/talktrace/docs/config.schema.json", "off": ["dead_air"] }',
  );
  expect(readConfig(path).off).toEqual(["dead_air"]);
});

it.each(["/(a+)+$/", "/(a|a)*b/", "/(a*)*c/i", "/^(([a-z])+.)+[A-Z]([a-z])+$/", "/.*.*.*x/s"])(
  "the expression %s takes time in a straight line with what callers say",
  (pattern) => {
    const says = makeTextTest(pattern);
    // Quadratic work would take sixteen times as long.
    expect(measureGrowth(2000, (size) => `${"a".repeat(size)}!`, says, 4)).toBeLessThan(9);
  },
);
