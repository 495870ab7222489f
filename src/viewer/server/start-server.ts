import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { answerCalls } from "./call-answers.js";
import { rememberCalls } from "./call-memory.js";
import type { CallReader } from "./call-reader.js";
import { openChangeStream } from "./change-stream.js";
import { createViewerApp } from "./viewer-app.js";

export interface ServerOptions {
  /** The address to bind to, e.g. `127.0.0.1`. Any other than of this machine alone needs a token. */
  host: string;
  /** 0 takes a free port. */
  port: number;
  /** Where Jaeger shows traces. */
  jaegerUi?: string | undefined;
}

export interface RunningServer {
  /** Where the page is, with the token if there is one. */
  url: string;
  port: number;
  /** Undefined if only this machine can ask. */
  token: string | undefined;
  close(): Promise<void>;
}

/** Addresses that no other machine reaches. */
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|::1)$/;

/** Serves the page. Rejects if the address cannot be bound, e.g. because the port is taken. */
export async function startServer(
  reader: CallReader,
  { host, port, jaegerUi }: ServerOptions,
): Promise<RunningServer> {
  const isLoopback = LOOPBACK.test(host);
  const token = isLoopback ? undefined : randomBytes(24).toString("base64url");
  const memory = rememberCalls(reader);
  const changes = openChangeStream(memory);
  const answers = answerCalls(reader, memory);
  const app = createViewerApp({ reader, answers, changes, isLoopback, token, jaegerUi });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  try {
    await listen(server, host, port);
  } catch (error) {
    changes.close();
    memory.close();
    throw explain(error, host, port);
  }
  // The first page waits less if its calls are being read already.
  void answers.list("", 0, 1).catch(() => undefined);
  const bound = (server.address() as AddressInfo).port;
  const shown = isAny(host) ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  const query = token === undefined ? "" : `?token=${token}`;
  return {
    url: `http://${shown}:${bound}/${query}`,
    port: bound,
    token,
    async close() {
      changes.close();
      memory.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        // A browser keeps its connections open for a while.
        server.closeAllConnections();
      });
    },
  };
}

function isAny(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

function explain(error: unknown, host: string, port: number): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE")
    return new Error(`Port ${port} of ${host} is taken; choose another with --port, or 0 for any`);
  if (code === "EACCES")
    return new Error(`Port ${port} may not be used by this user; choose another with --port`);
  return new Error(`Cannot serve at ${host}, port ${port}: ${message}`);
}
