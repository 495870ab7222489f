import { InvalidArgumentError, Option } from "commander";
import { findMessageAt } from "../../insight/index.js";
import { openInBrowser } from "../open-in-browser.js";
import { splitMoment } from "../moment-argument.js";
import { defineCommand } from "../run-command.js";

interface OpenOptions {
  call?: string;
  jaegerUi: string;
  print?: boolean;
}

export interface OpenAnswer {
  url: string;
  /** Whether a browser was started. */
  opened: boolean;
}

const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;

export const openCommand = defineCommand<OpenOptions, OpenAnswer>({
  options: [
    new Option("--jaeger-ui <url>", "where Jaeger shows traces")
      .argParser(parseHttpUrl)
      .default("http://localhost:16686"),
    new Option("--print", "print the address and start no browser"),
  ],
  readsSource: true,
  examples: ["talktrace open conversation_20260101_090000@1:12.4"],
  async answer(source, { call, jaegerUi, print }) {
    const { given, at_s } = splitMoment(call);
    const { name, conversation } = await source.locate(given);
    const message = at_s === undefined ? undefined : findMessageAt(conversation, at_s);
    const traceId = message?.trace_id ?? conversation.session.trace_id;
    if (traceId === undefined || !TRACE_ID.test(traceId))
      throw new Error(
        `Cannot open "${name}": its record names no trace; it was made without spans`,
      );
    const url = new URL(`${jaegerUi.replace(/(?<!\/)\/+$/, "")}/trace/${traceId}`);
    if (message?.span_id !== undefined && SPAN_ID.test(message.span_id))
      url.searchParams.set("uiFind", message.span_id);
    return { url: url.href, opened: print !== true && (await openInBrowser(url.href)) };
  },
  toText: ({ url }) => url,
});

/** @throws {InvalidArgumentError} if the text is no http or https URL */
export function parseHttpUrl(given: string): string {
  if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)) return given;
  throw new InvalidArgumentError("It must be an http or https URL, e.g. http://localhost:16686.");
}
