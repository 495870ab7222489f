import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseConversation, summarize } from "../../src/record/index.js";

const SAMPLES = readdirSync("conversations").filter((name) => name.startsWith("sample-"));

describe("the samples", () => {
  it.each(SAMPLES)("%s is a conversation of the format that is documented", (name) => {
    const sample = parseConversation(readFileSync(`conversations/${name}`, "utf8"), name);
    expect(sample.conversation.length).toBeGreaterThan(0);
    // The version that wrote them may have known fewer figures.
    expect(summarize(sample)).toMatchObject(sample.metrics);
  });

  it("are there: one that was completed and one that was recovered", () => {
    const states = SAMPLES.map((name) => {
      const { session } = parseConversation(readFileSync(`conversations/${name}`, "utf8"), name);
      return session.status;
    });
    expect(states.toSorted()).toEqual(["complete", "recovered"]);
  });

  it("are what the README's picture is drawn from", () => {
    const script = "scripts/draw-conversation.mjs";
    const drawn = execFileSync(
      process.execPath,
      [script, "conversations/sample-parcel-desk.json"],
      {
        encoding: "utf8",
      },
    );
    expect(drawn).toBe(readFileSync("docs/pictures/conversation.svg", "utf8"));
  });
});
