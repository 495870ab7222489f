import { messageOf } from "../../platform/message-of.js";
import { RefusedSqlError } from "./check-statement.js";
import type { DuckDbSession } from "./duckdb-session.js";
import type { EngineAnswers, EngineError, EngineReply, EngineRequest } from "./engine-messages.js";

/** Some functions take memory that DuckDB does not count, so the process is watched as a whole. */
const WATCH_MS = 50;
/** What Node and DuckDB take beside the data. */
const OWN_MIB = 384;
const MIB = 1024 * 1024;

let session: DuckDbSession | undefined;

process.on("message", ({ id, request }: { id: number; request: EngineRequest }) => {
  answer(request).then(
    (value) => send({ id, value }),
    (error: unknown) => send({ id, error: describe(error, request.ask) }),
  );
});
// A query that runs holds up every other end of a process.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

async function answer(request: EngineRequest): Promise<EngineAnswers[keyof EngineAnswers]> {
  if (request.ask === "open") {
    const { DuckDbSession: Session } = await import("./duckdb-session.js");
    session = await Session.open(request);
    watchMemory(request.memoryMib + OWN_MIB);
    return null;
  }
  if (session === undefined) throw new Error("DuckDB is not open yet");
  switch (request.ask) {
    case "prepare":
      return await session.prepare(request.sql);
    case "append":
      session.append(request.table, request.columns, request.rowCount);
      return null;
    case "run":
      await session.run();
      return null;
    case "fetch":
      return await session.fetch();
  }
}

function watchMemory(mostMib: number): void {
  const timer = setInterval(() => {
    if (process.memoryUsage.rss() < mostMib * MIB) return;
    clearInterval(timer);
    send({ isTooLarge: true });
  }, WATCH_MS);
}

function describe(error: unknown, ask: EngineRequest["ask"]): EngineError {
  const isSql = error instanceof RefusedSqlError || ask === "prepare";
  return { kind: isSql ? "sql" : "failure", text: messageOf(error) };
}

function send(reply: EngineReply): void {
  if (process.connected) process.send?.(reply);
}
