import { readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { formatHead } from "../../src/cli/text/call-head.js";
import { formatOutline } from "../../src/cli/text/call-outline.js";
import { formatConversation } from "../../src/cli/text/conversation-text.js";
import * as insight from "../../src/insight/index.js";
import { type Rule } from "../../src/insight/findings/finding.js";
import { prepareFacts } from "../../src/insight/findings/find-findings.js";
import { findHungUp } from "../../src/insight/findings/hung-up-waiting.js";
import type { Conversation } from "../../src/record/index.js";
import { countOf } from "../support/counts.js";
import { measureGrowth } from "../support/growth.js";
import { LONG_CALL_KINDS, makeLongCall } from "../support/long-call.js";

const MESSAGES = countOf(50, 250);
/** An answer of a message takes a hundred times as long as a rule. */
const ANSWERED_MESSAGES = countOf(24, 250);
const TIMES = 8;
/** Linear work grows to about eight times, and more where memory is short; quadratic work to 64. */
const LINEAR = 28;
const SCREEN = { columns: 80, isInteractive: false };

function findSlow<Input>(
  prepare: (conversation: Conversation) => Input,
  work: (input: Input) => unknown,
  messages = MESSAGES,
): string[] {
  return LONG_CALL_KINDS.flatMap((kind) => {
    let growth = Infinity;
    // Most of this takes less than a millisecond, which one collection of garbage may double.
    for (let attempt = 0; attempt < 3 && growth >= LINEAR; attempt += 1)
      growth = measureGrowth(
        messages,
        (size) => prepare(makeLongCall(kind, size)),
        work,
        TIMES,
        LINEAR,
      );
    return growth < LINEAR ? [] : [`a call ${kind}: ${growth.toFixed(0)} times as long`];
  });
}

const FOLDER = path.resolve(import.meta.dirname, "../../src/insight/findings");

/** The rules, by the files in which they stand. */
async function listRules(): Promise<[name: string, rule: Rule][]> {
  const rules: [string, Rule][] = [];
  for (const file of readdirSync(FOLDER).filter((each) => each.endsWith(".ts"))) {
    const name = file
      .replace(".ts", "")
      .replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    const url = pathToFileURL(path.join(FOLDER, file)).href;
    const module = (await import(url)) as { [name: string]: Rule | undefined };
    const rule = module[name];
    if (rule !== undefined && name !== "findFindings") rules.push([name, rule]);
  }
  return rules;
}

const rules = await listRules();

/** A rule changes no fact, so the facts of a call are prepared once for all rules. */
const prepared = new Map<Conversation, ReturnType<typeof prepareFacts>>();

function prepareOnce(call: Conversation): ReturnType<typeof prepareFacts> {
  const facts = prepared.get(call) ?? prepareFacts(call);
  prepared.set(call, facts);
  return facts;
}

describe("a rule takes eight times as long for eight times as many messages, not 64 times", () => {
  it("and every rule is looked at", () => {
    expect(rules.length).toBeGreaterThan(20);
  });

  it.each(rules)("%s", (_name, rule) => {
    expect(findSlow(prepareOnce, rule)).toEqual([]);
  });

  it("findHungUp", () => {
    const slow = findSlow(
      (call) => ({ facts: prepareOnce(call), found: insight.findFindings(call) }),
      ({ facts, found }) => findHungUp(facts, found),
    );
    expect(slow).toEqual([]);
  });
});

/** `comparePair()` is not here: it compares every turn with every other one of 400 turns, and of no more. */
const WORK: { [name: string]: (call: Conversation) => unknown } = {
  collectLatencies: (call) => insight.groupLatencies([call], "stt"),
  collectStatistics: (call) => insight.summarizeCalls([insight.summarizeCall("a", call)]),
  figuresOf: insight.figuresOf,
  findAsides: insight.findAsides,
  findFindings: (call) => insight.findFindings(call),
  findKeyPhrases: (call) => insight.findKeyPhrases(call.conversation.map(({ content }) => content)),
  findMessageAt: (call) => insight.findMessageAt(call, 1e9),
  findTurnAt: (call) => insight.findTurnAt(call, 1e9),
  nameTurns: insight.nameTurns,
  outlineCall: (call) => formatOutline({ name: "a", ...insight.outlineCall(call) }, SCREEN),
  pickTurn: (call) => insight.pickTurn(call, 1),
  summarizeCall: (call) => insight.toListedCall(insight.summarizeCall("a", call)),
  tabulateReplies: insight.tabulateReplies,
  viewMessages: (call) => insight.viewMessages(call),
  viewTimeline: (call) => insight.viewTimeline(call),
  "viewConversation, as `show` writes it": (call) => [
    formatHead("a", call, { file: "a", isDead: false, damagedJournalLines: 0 }, undefined, SCREEN),
    formatConversation(insight.viewConversation(call), SCREEN),
  ],
};

describe("an answer of a whole call takes eight times as long for eight times as many messages", () => {
  it.each(Object.entries(WORK))("%s", (_name, work) => {
    expect(findSlow((call) => call, work, ANSWERED_MESSAGES)).toEqual([]);
  });
});
