import { realpathSync, writeFileSync } from "node:fs";
import path from "node:path";

/** What stands in the sample for what tells of the machine and of whoever made it. */
const NEUTRAL: { [key: string]: string | number } = {
  "host.name": "host",
  "process.owner": "agent",
  "process.pid": 1,
  "process.executable.name": "node",
  "process.executable.path": "/usr/bin/node",
  "process.command": "/app/dist/src/agent/main.js",
  "process.command_args": '["/usr/bin/node","/app/dist/src/agent/main.js"]',
};

/** Writes a trace as Jaeger gave it, without names and paths of the machine. */
export function writeSampleTrace(file: string, trace: unknown, conversations: string): void {
  const raw = JSON.stringify(trace, (_, value: unknown) => neutralize(value), 2);
  const paths = [conversations, path.dirname(realpathSync("node_modules")), process.cwd()];
  const names = ["/app/conversations", "/app", "/app"];
  const sample = paths.reduce((text, own, index) => text.replaceAll(own, names[index] ?? ""), raw);
  writeFileSync(path.resolve(file), `${sample}\n`);
}

function neutralize(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("key" in value)) return value;
  const neutral = NEUTRAL[String(value.key)];
  return neutral === undefined ? value : { ...value, value: neutral };
}
