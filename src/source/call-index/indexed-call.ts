import type { CallHead, CallSummary, ReplyTable } from "../../insight/index.js";
import type { Sidecar } from "../../record/index.js";
import { DamagedRowError, type Part, decodeReplies } from "./row.js";

/** Reads the parts of one call. */
export interface RowReader {
  /** The bytes of a part. @throws {DamagedRowError} if they are not the bytes that were written */
  part(part: Part): Uint8Array;
  /** Reads the call from its own file. @throws if that file cannot be read any more */
  readAnew(): CallSummary;
}

/** A call whose parts are read when they are used. Damaged parts are read from the call's own file. */
export class IndexedCall implements CallSummary {
  readonly name: string;
  /** Set by the code that reads calls, because no index has it. */
  sidecar?: Sidecar | undefined;
  readonly #row: RowReader;
  #anew: CallSummary | undefined;
  #head: readonly [CallHead, string[]] | undefined;
  #replies: ReplyTable | undefined;

  constructor(name: string, row: RowReader) {
    this.name = name;
    this.#row = row;
  }

  get session_id() {
    return this.#known.session_id;
  }
  get status() {
    return this.#known.status;
  }
  get close_reason() {
    return this.#known.close_reason;
  }
  get room() {
    return this.#known.room;
  }
  get started_at() {
    return this.#known.started_at;
  }
  get startedMs() {
    return this.#known.startedMs;
  }
  get duration_s() {
    return this.#known.duration_s;
  }
  get agents() {
    return this.#known.agents;
  }
  get models() {
    return this.#known.models;
  }
  get voices() {
    return this.#known.voices;
  }
  get languages() {
    return this.#known.languages;
  }
  get versions() {
    return this.#known.versions;
  }
  get version() {
    return this.#known.version;
  }
  get tools() {
    return this.#known.tools;
  }
  get attributes() {
    return this.#known.attributes;
  }
  get demo() {
    return this.#known.demo;
  }
  get user_messages() {
    return this.#known.user_messages;
  }
  get agent_messages() {
    return this.#known.agent_messages;
  }
  get interruptions() {
    return this.#known.interruptions;
  }
  get median_wait_s() {
    return this.#known.median_wait_s;
  }
  get found() {
    return this.#known.found;
  }
  get worst() {
    return this.#known.worst;
  }

  get figures() {
    return this.#read(
      () => this.#parse("figures") as CallSummary["figures"],
      (call) => call.figures,
    );
  }

  get findings() {
    return this.#read(
      () => this.#parse("findings") as CallSummary["findings"],
      (call) => call.findings,
    );
  }

  get replies() {
    this.#replies ??= this.#read(
      () => decodeReplies(this.#row.part("replies"), this.#readHead()[1]),
      (call) => call.replies,
    );
    return this.#replies;
  }

  get messages() {
    return this.#read(
      () => this.#parse("messages") as CallSummary["messages"],
      (call) => call.messages,
    );
  }

  get searchTexts() {
    return this.#read(
      () => {
        const text = textOf(this.#row.part("words")).replace(/(?<!\0)\0+$/, "");
        return text === "" ? [] : text.split("\n");
      },
      (call) => call.searchTexts,
    );
  }

  hasText(text: string): boolean {
    return this.#read(
      () => bufferOf(this.#row.part("words")).includes(text),
      (call) => call.hasText(text),
    );
  }

  get #known(): CallHead {
    return this.#readHead()[0];
  }

  #readHead(): readonly [CallHead, string[]] {
    this.#head ??= this.#read<readonly [CallHead, string[]]>(
      () => this.#parse("head") as [CallHead, string[]],
      (call) => [call, call.replies.names],
    );
    return this.#head;
  }

  #parse(part: Part): unknown {
    return JSON.parse(textOf(this.#row.part(part)));
  }

  #read<T>(read: () => T, ofCall: (call: CallSummary) => T): T {
    if (this.#anew !== undefined) return ofCall(this.#anew);
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DamagedRowError)) throw error;
      // Parts that were read before had a right checksum, so they stay.
      this.#anew = this.#row.readAnew();
      return ofCall(this.#anew);
    }
  }
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function textOf(bytes: Uint8Array): string {
  return bufferOf(bytes).toString("utf8");
}
