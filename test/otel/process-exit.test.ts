import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseSpoolName } from "../../otel/spool/spool-name.js";
import { makeFolder } from "../store/support/folder.js";
import { startOtlpReceiver } from "../support/otlp-receiver.js";

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, "support/ends-in-order.mjs");
const PATIENT = 60_000;

describe("a process that ends in order without a shutdown", () => {
  it.each(["return", "exit"])(
    "leaves nothing on disk of spans that were delivered (%s)",
    async (how) => {
      const receiver = await startOtlpReceiver();
      onTestFinished(() => receiver.stop());
      const directory = makeFolder();
      await run(process.execPath, [PROGRAM, directory, receiver.url, how]);
      expect(receiver.spans).toHaveLength(5);
      expect(existsSync(join(directory, ".spool"))).toBe(false);
    },
    PATIENT,
  );

  it.each(["return", "exit"])(
    "leaves what waits to whoever comes next, as nobody's file (%s)",
    async (how) => {
      const directory = makeFolder();
      await run(process.execPath, [PROGRAM, directory, "http://127.0.0.1:9", how]);
      const names = readdirSync(join(directory, ".spool"));
      expect(names.map((name) => parseSpoolName(name))).toEqual([
        expect.objectContaining({ owner: undefined }),
      ]);
    },
    PATIENT,
  );
});
