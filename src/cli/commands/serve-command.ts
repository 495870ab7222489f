import { Option } from "commander";
import { openInBrowser } from "../open-in-browser.js";
import { defineCommand } from "../run-command.js";
import { parseHttpUrl } from "./open-command.js";
import { parsePort } from "../whole-number.js";

interface ServeOptions {
  port: number;
  host: string;
  jaegerUi: string;
  open?: boolean;
}

export interface ServeAnswer {
  url: string;
  /** What is read. */
  source: string;
}

const DEFAULT_PORT = 4747;

export const serveCommand = defineCommand<ServeOptions, ServeAnswer>({
  options: [
    new Option("--port <n>", "the port; 0 takes a free one")
      .argParser(parsePort)
      .default(DEFAULT_PORT),
    new Option(
      "--host <address>",
      "the address to bind to; beyond this machine the page needs the token of the printed address",
    ).default("127.0.0.1"),
    new Option("--jaeger-ui <url>", "where Jaeger shows traces")
      .argParser(parseHttpUrl)
      .default("http://localhost:16686"),
    new Option("--open", "open the page in the browser"),
  ],
  readsSource: true,
  exitCodes: { 0: "it was stopped by Ctrl-C or SIGTERM", 1: "it could not be started" },
  examples: ["talktrace serve --open", "talktrace serve --host 0.0.0.0 --port 8080"],
  async answer(source, { port, host, jaegerUi, open }, run) {
    const { startServer } = await import("../../viewer/index.js");
    const server = await startServer(source, { host, port, jaegerUi });
    const answer = { url: server.url, source: source.name };
    const stopped = waitForStop();
    run.emit(answer, ({ url }) => url);
    run.report(`Reading ${source.name}; Ctrl-C stops`);
    if (open === true) await openInBrowser(server.url);
    await stopped;
    await server.close();
    return answer;
  },
  // The address was written when the server ran.
  toText: () => "",
});

async function waitForStop(): Promise<void> {
  await new Promise<void>((resolve) => {
    const stop = (): void => {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
      resolve();
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
}
