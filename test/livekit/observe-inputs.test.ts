import { voice } from "@livekit/agents";
import { expect, it, vi } from "vitest";
import { observe } from "../../src/livekit/index.js";

const observeAnything = observe as (
  session?: unknown,
  options?: unknown,
) => ReturnType<typeof observe>;

it.each([
  [undefined, "undefined"],
  [null, "null"],
  ["session", "string"],
  [{}, "Object"],
  [new voice.Agent({ instructions: "" }), "Agent"],
])("records nothing of %s, says so, and does not throw into the agent", (session, kind) => {
  const problems: string[] = [];
  const observation = observeAnything(session, {
    reportProblem: (line: string) => void problems.push(line),
  });
  observation.annotate("order_found", { order: 4271 });
  observation.setAttributes({ tenant: "north" });
  expect([observation.sessionId, observation.traceId, observation.path]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(problems).toEqual([
    `Cannot observe "${kind}": expected an AgentSession, as in observe(session); nothing is recorded`,
    expect.stringMatching(/^Cannot annotate "order_found": the session is not running/),
  ]);
});

it("observe() goes on with the defaults where its options are no object", () => {
  const lines: string[] = [];
  const stderr = vi
    .spyOn(console, "error")
    .mockImplementation((_format: unknown, line: unknown) => {
      lines.push(String(line));
    });
  try {
    observeAnything(undefined, null);
  } finally {
    stderr.mockRestore();
  }
  expect(lines).toEqual([
    'talktrace: Cannot use "null" as the options of observe(): expected an object; the defaults are used',
    expect.stringContaining("nothing is recorded"),
  ]);
});
