import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findFindings, findWorst, isAtLeast } from "../../../src/insight/index.js";
import {
  type AgentMessage,
  type Conversation,
  parseConversation,
} from "../../../src/record/index.js";
import { generateCall } from "../../support/generate-call.js";

function readSample(name: string): Conversation {
  return parseConversation(readFileSync(`conversations/${name}`, "utf8"), name);
}

describe("findFindings()", () => {
  it("finds in the sample call the one reply that was cut off, at the moment it fell silent", () => {
    const findings = findFindings(readSample("sample-parcel-desk.json"));
    expect(findings.map(({ rule, severity }) => [rule, severity])).toEqual([["cut_off", "warn"]]);
    expect(findings[0]).toMatchObject({ at_s: 42.222, certain: true });
    expect(findings[0]?.text).toBe(
      "A reply was cut off by the caller; 29 words of it were never heard.",
    );
  });

  it("names the stages of a slow reply, the longest first, and leaves small ones out", () => {
    const call = readSample("sample-parcel-desk.json");
    const reply = call.conversation.find(
      (message): message is AgentMessage =>
        message.role === "agent" && message.latency !== undefined,
    );
    if (reply?.latency === undefined) throw new Error("no reply with a latency");
    reply.latency = {
      origin: "speech_end",
      marks: {
        speech_end: 0,
        transcript_final: 0.3,
        turn_committed: 0.5,
        llm_start: 0.5,
        llm_first_token: 4,
        tts_start: 4,
        playback_start: 5.5,
      },
      e2e_s: 5.5,
    };
    const [slow] = findFindings(call).filter(({ rule }) => rule === "slow_reply");
    expect(slow).toMatchObject({
      severity: "bad",
      text: "The caller waited 5.5 s for a reply: llm took 3.5 s of it.",
      because: [
        { name: "llm", duration_s: 3.5 },
        { name: "unattributed", duration_s: 1.5 },
      ],
    });
  });

  it("finds no fault by what was not observed: without times, latencies, events and sound it is silent", () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const { conversation } = generateCall(seed, false);
      const bare: Conversation = {
        ...conversation,
        conversation: conversation.conversation.map(
          ({ role, content, timestamp, source, id, seq, turn_id }) =>
            role === "user"
              ? { role, content, timestamp, source, id, seq, turn_id }
              : { role, content, timestamp, source, id, seq, turn_id, delivery: "full" },
        ),
        events: [],
        session: { ...conversation.session, status: "complete" },
        integrity: { dropped: 0, damaged_lines: 0 },
      };
      const rules = new Set(findFindings(bare).map(({ rule }) => rule));
      // These judge by words alone.
      for (const each of ["caller_repeats", "agent_repeats", "asked_for_human"] as const)
        rules.delete(each);
      expect([...rules], `seed ${seed}`).toEqual([]);
    }
  });

  it("has a moment within the call, a sentence and messages of the call in every finding", () => {
    for (let seed = 1; seed <= 150; seed += 1) {
      const { conversation } = generateCall(seed, true);
      const ids = new Set(conversation.conversation.map(({ id }) => id));
      const findings = findFindings(conversation);
      expect(findings.map(({ at_s }) => at_s)).toEqual(
        findings.map(({ at_s }) => at_s).toSorted((a, b) => a - b),
      );
      for (const { at_s, until_s = at_s, message_ids, text } of findings) {
        expect(at_s).toBeGreaterThanOrEqual(0);
        expect(until_s).toBeGreaterThanOrEqual(at_s);
        expect(text).toMatch(/^["\p{L}\d].*\.$/su);
        expect(message_ids.every((id) => ids.has(id))).toBe(true);
      }
    }
  });
});

it("findWorst() gives the first of those that matter most", () => {
  const finding = (severity: "bad" | "warn" | "note", at_s: number) => ({
    ...findFindings(readSample("sample-parcel-desk.json"))[0]!,
    severity,
    at_s,
  });
  expect(findWorst([finding("warn", 1), finding("bad", 2), finding("bad", 3)])?.at_s).toBe(2);
  expect(findWorst([])).toBeUndefined();
  expect(isAtLeast("bad", "warn")).toBe(true);
  expect(isAtLeast("note", "warn")).toBe(false);
});
