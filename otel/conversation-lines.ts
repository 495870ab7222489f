import { fromHere } from "../src/platform/absolute-path.js";
import {
  type MessageAmendment,
  type NewMessage,
  findUnheard,
  toOneLine,
} from "../src/record/index.js";
import type { SpanRecord } from "./spans/decode-span.js";

/** The fields that distinguish lines in a log that several calls share. */
export interface LineFields {
  /** The `session.id` of the record. */
  session: string;
  room?: string;
  /** The turn of the message, e.g. `t_3`. */
  turn?: string;
  /** How long the caller waited for the reply, in seconds. */
  wait_s?: number;
}

/** Called with a line about a call, and how many calls are open in this process. */
export type PrintLine = (line: string, fields: LineFields, openCalls: number) => void;

interface OpenCall {
  room: string | undefined;
  messages: number;
  waitsS: number[];
  /** Messages of the agent whose playback has not ended. */
  pending: Map<string, { content: string; turn: string }>;
}

/**
 * Prints lines about calls from what is recorded: the path of the record, each message of the user,
 * each message of the agent after it was heard, and how the call ended. A reply that was cut off has a
 * second line with the words that were not heard.
 */
export class ConversationLines {
  readonly #print: PrintLine;
  readonly #findPath: (sessionId: string) => string | undefined;
  readonly #calls = new Map<string, OpenCall>();

  /** @param findPath returns the path of a session's file */
  constructor(print: PrintLine, findPath: (sessionId: string) => string | undefined) {
    this.#print = print;
    this.#findPath = findPath;
  }

  /**
   * Notes what was recorded.
   *
   * @param amendment the amendment of a playout
   * @param completed resolves when the file of a closed call is complete
   */
  note(
    sessionId: string,
    record: SpanRecord,
    amendment: MessageAmendment | undefined,
    completed: () => Promise<void>,
  ): void {
    if (record.kind === "open") this.#begin(sessionId, record.session.room);
    const call = this.#calls.get(sessionId);
    if (call === undefined) return;
    switch (record.kind) {
      case "message":
        if (record.unspoken === undefined) this.#noteMessage(sessionId, call, record.message);
        break;
      case "playout":
        this.#notePlayout(sessionId, call, record.messageId, amendment);
        break;
      case "unspoken":
        call.pending.delete(record.messageId);
        break;
      case "session":
        call.room = record.amendment.room ?? call.room;
        break;
      case "close":
        void completed().then(() => this.#end(sessionId, call));
        break;
      case "amendment":
      case "event":
      case "open":
        break;
    }
  }

  #begin(sessionId: string, room: string | undefined): void {
    const call: OpenCall = { room, messages: 0, waitsS: [], pending: new Map() };
    this.#calls.set(sessionId, call);
    const path = this.#findPath(sessionId);
    if (path !== undefined)
      this.#tell(sessionId, call, `talktrace: recording to ${fromHere(path)}`);
  }

  #noteMessage(sessionId: string, call: OpenCall, message: NewMessage): void {
    const { id, role, content, turn_id: turn } = message;
    if (message.role === "agent" && message.delivery === "pending") {
      call.pending.set(id, { content, turn });
      return;
    }
    call.messages += 1;
    const waitS = message.role === "agent" ? message.latency?.e2e_s : undefined;
    this.#tell(sessionId, call, `[${role.toUpperCase()}] ${toOneLine(content)}`, turn, waitS);
  }

  #notePlayout(
    sessionId: string,
    call: OpenCall,
    messageId: string,
    amendment: MessageAmendment | undefined,
  ): void {
    const pending = call.pending.get(messageId);
    if (pending === undefined) return;
    call.pending.delete(messageId);
    call.messages += 1;
    const heard = amendment?.content ?? pending.content;
    if (heard !== "")
      this.#tell(
        sessionId,
        call,
        `[AGENT] ${toOneLine(heard)}`,
        pending.turn,
        amendment?.latency?.e2e_s,
      );
    if (heard === pending.content) return;
    const unheard = findUnheard({ content: heard, generated: pending.content }) ?? "";
    this.#tell(sessionId, call, `[AGENT not heard] ${toOneLine(unheard)}`, pending.turn);
  }

  #end(sessionId: string, call: OpenCall): void {
    const count = `${call.messages} ${call.messages === 1 ? "message" : "messages"}`;
    const wait = median(call.waitsS);
    const waited = wait === undefined ? "" : `, waited ${wait.toFixed(2)} s (median)`;
    this.#tell(sessionId, call, `talktrace: complete, ${count}${waited}`);
    this.#calls.delete(sessionId);
  }

  #tell(sessionId: string, call: OpenCall, line: string, turn?: string, waitS?: number): void {
    if (waitS !== undefined) call.waitsS.push(waitS);
    const fields = {
      session: sessionId,
      ...(call.room === undefined ? {} : { room: call.room }),
      ...(turn === undefined ? {} : { turn }),
      ...(waitS === undefined ? {} : { wait_s: waitS }),
    };
    this.#print(line, fields, this.#calls.size);
  }
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[middle - 1], sorted[middle]];
  if (high === undefined) return undefined;
  return sorted.length % 2 === 1 || low === undefined ? high : (low + high) / 2;
}
