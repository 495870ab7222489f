import { type Server, type Socket, connect, createServer } from "node:net";
import { dispose } from "@livekit/rtc-node";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { StandIns } from "../../src/demo/stand-ins/start-stand-ins.js";
import type { Conversation } from "../../src/record/index.js";
import {
  GREETING,
  agentMessages,
  ask,
  repliesTo,
  startSpeechServices,
  transcriptOf,
  until,
  wordsOf,
} from "./support/call.js";
import { type Caller, joinRoom } from "./support/caller.js";
import { type JaegerSpan, connectJaeger, findOrphans, isOver } from "./support/jaeger.js";
import { findPorts } from "./support/servers.js";
import { type Worker, startWorker } from "./support/worker.js";

describe("a Jaeger that comes up in the middle of a call", () => {
  const servers = inject("servers");
  const jaeger = connectJaeger(servers.jaeger);
  let standIns: StandIns;
  let worker: Worker;
  let caller: Caller;
  let door: Door;
  let linesWithout: string[];
  let record: Conversation;
  let trace: JaegerSpan[];

  beforeAll(async () => {
    standIns = await startSpeechServices();
    const [port = 0] = await findPorts(1);
    const address = `http://127.0.0.1:${port}`;
    worker = await startWorker({
      servers,
      standIns,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: address },
    });
    caller = await joinRoom({ livekit: servers.livekit, roomName: "late-jaeger" });
    const agent = await caller.agent();
    await agent.untilSaid([GREETING]);
    await ask(caller, agent, "will-driver-call");
    linesWithout = worker
      .output()
      .split("\n")
      .filter((line) => line.includes(address));
    door = await openDoor(port, new URL(servers.jaeger.otlpUrl));
    await ask(caller, agent, "goodbye");
    await caller.hangUp();
    record = await until("the end of the record", async () =>
      (await worker.conversations()).find(({ session }) => session.status === "complete"),
    );
    trace = await jaeger.traceWith(record.session.trace_id ?? "", isOver);
  });

  afterAll(async () => {
    await caller?.hangUp();
    await worker?.stop();
    await standIns?.stop();
    await door?.close();
    await dispose();
  });

  it("costs the record nothing", () => {
    expect(transcriptOf(record)).toEqual([
      GREETING,
      ...["will-driver-call", "goodbye"].flatMap((id) => [wordsOf(id), ...repliesTo(id)]),
    ]);
    expect(agentMessages(record).map(({ delivery }) => delivery)).toEqual(["full", "full", "full"]);
    expect(record.integrity).toMatchObject({ dropped: 0, damaged_lines: 0 });
  });

  it("is missed in one line, not in one a batch", () => {
    expect(linesWithout).toEqual([expect.stringContaining("cannot send spans")]);
  });

  it("gets every span, also of what was said before it was there", () => {
    const known = new Set(trace.map(({ spanId }) => spanId));
    expect(record.conversation.filter(({ span_id }) => !known.has(span_id ?? ""))).toEqual([]);
    expect(findOrphans(trace)).toEqual([]);
  });
});

interface Door {
  close(): Promise<void>;
}

/** Lets connections to a port of 127.0.0.1 through to the server at `target`. */
async function openDoor(port: number, target: URL): Promise<Door> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((inside) => {
    const outside = connect(Number(target.port), target.hostname);
    for (const socket of [inside, outside]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        inside.destroy();
        outside.destroy();
      });
    }
    inside.pipe(outside).pipe(inside);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        sockets.forEach((socket) => socket.destroy());
      }),
  };
}
