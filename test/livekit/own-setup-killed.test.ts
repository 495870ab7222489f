import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import { listConversations, readConversation } from "../../src/store/index.js";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const WORDS = "Welcome to the clinic. ".repeat(40).trim();
const CALL = `
import { initializeLogger, voice } from "@livekit/agents";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { observe } from "talktrace";
initializeLogger({ pretty: false, level: "silent" });
const session = new voice.AgentSession({});
const keys = Array.from({ length: 200 }, (_, n) => ["key." + n, n]);
observe(session, { attributes: Object.fromEntries(keys) });
await session.start({ agent: new voice.Agent({ instructions: "Greet." }), record: false });
await session.say(${JSON.stringify(WORDS)}).waitForPlayout();
console.log("said");
setInterval(() => undefined, 1000);
`;

/** README's recipe, with a resource of which an attribute never resolves, as on a cloud that is slow. */
function readRecipe(): string {
  const readme = readFileSync(join(REPOSITORY, "README.md"), "utf8");
  const recipe = /```ts\n([^`]*new sdk\.NodeTracerProvider\({\n[^`]*)```/.exec(readme)?.[1];
  if (recipe === undefined) throw new Error("README has no recipe for a setup of one's own");
  return recipe.replace(
    "new sdk.NodeTracerProvider({",
    'new sdk.NodeTracerProvider({ resource: resourceFromAttributes({ "host.id": new Promise(() => undefined) }),',
  );
}

/** A project of a user, with the packages of this repository. */
let project: string;
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "talktrace-recipe-"));
  mkdirSync(join(project, "node_modules"));
  const link = (name: string, to: string): void =>
    symlinkSync(join(REPOSITORY, to), join(project, "node_modules", name), "dir");
  link("talktrace", ".");
  for (const scope of ["@livekit", "@opentelemetry"]) link(scope, `node_modules/${scope}`);
  writeFileSync(join(project, "agent.mjs"), readRecipe() + CALL);
});
afterAll(() => rmSync(project, { recursive: true }));

it.each<[what: string, env: { [name: string]: string }]>([
  ["no sampler and no limits", {}],
  [
    "a sampler that takes no span, limits of values and of attributes",
    {
      OTEL_TRACES_SAMPLER: "always_off",
      OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: "128",
      OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: "5",
    },
  ],
])(
  "README's setup of one's own, with %s and a resource that never resolves, keeps every word through kill -9",
  async (_what, env) => {
    const child = spawn(process.execPath, ["agent.mjs"], {
      cwd: project,
      env: { PATH: process.env["PATH"], OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9", ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    const [line] = (await Promise.race([
      once(createInterface({ input: child.stdout }), "line"),
      exited,
    ])) as [unknown];
    child.kill("SIGKILL");
    await exited;
    expect(line).toBe("said");
    const folder = join(project, "conversations");
    const [listed] = await listConversations(folder);
    const { conversation } = await readConversation(listed?.path ?? "");
    rmSync(folder, { recursive: true });
    expect(conversation.conversation.map(({ content }) => content)).toEqual([WORDS]);
    expect(Object.keys(conversation.session.attributes ?? {})).toHaveLength(200);
    expect(Object.keys(conversation.session.software)).not.toEqual([]);
    expect(conversation.integrity).toMatchObject({ dropped: 0, damaged_lines: 0 });
  },
);
