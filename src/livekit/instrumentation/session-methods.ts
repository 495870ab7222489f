import type { voice } from "@livekit/agents";
import type { Context } from "@opentelemetry/api";
import { type CallContext, runInContext } from "./call-context.js";
import type { Guard } from "./guard.js";
import { wrapMethod } from "./wrap-method.js";

type Session = voice.AgentSession;

export type SessionStartOptions = Parameters<Session["start"]>[0];

type SayOptions = NonNullable<Parameters<Session["say"]>[1]>;

/** The arguments of a `say()` that was given audio as well as text. */
export interface PrerecordedSpeech {
  text: Parameters<Session["say"]>[0];
  audio: NonNullable<SayOptions["audio"]>;
}

/** A start of a session that is being recorded. */
export interface FollowedStart {
  /** The context with the parent of all the session's spans. */
  parent: Context;
  onStarted(): void;
  /** LiveKit emits no `close` for a session that could not start. */
  onFailed(): void;
}

/** Told of the calls of a session's public methods. */
export interface SessionMethodsListener {
  /** The key by which calls of this session are recognised; undefined while nothing is recorded. */
  owner(): object | undefined;
  /** `start()` is called. `options` is empty if a JavaScript program gave none. */
  onStart(options: Partial<SessionStartOptions>): FollowedStart | undefined;
  /** `say()` was given audio. Returns the same text and audio, followed, for LiveKit to speak. */
  onPrerecordedSpeech(speech: PrerecordedSpeech): PrerecordedSpeech;
  /** `say()` keeps a speech out of the chat (`addToChatCtx: false`). */
  onSpeechKeptFromChat(speech: voice.SpeechHandle): void;
  /** `clearUserTurn()` discards what the user has said. */
  onTurnCleared(): void;
  /** `close()` or `shutdown()` is called. */
  onClosing(): void;
  /** The session has closed. The promise of `close()` waits for the result. */
  onClosed(): Promise<void>;
}

/**
 * Listens to a session's methods. Any code may call one that makes the session speak. The call runs in
 * this session's context, so the use of a shared model is known to be this session's.
 */
export function followSessionMethods(
  session: Session,
  guard: Guard,
  listener: SessionMethodsListener,
): void {
  const ownerContext = (): CallContext => {
    const owner = listener.owner();
    return owner === undefined ? {} : { owner, isNode: false };
  };
  wrapMethod(session, "start", guard, "began to record", (options) => {
    const start = listener.onStart(options ?? {});
    if (start === undefined) return undefined;
    const { parent, onStarted, onFailed } = start;
    return { context: ownerContext(), parent, onResult: onStarted, onError: onFailed };
  });
  followSay(session, guard, listener, ownerContext);
  wrapMethod(session, "generateReply", guard, "saw a reply asked for", () => ({
    context: { ...ownerContext(), isSay: false },
  }));
  wrapMethod(session, "updateAgent", guard, "saw another agent", () => ({
    context: ownerContext(),
  }));
  wrapMethod(session, "clearUserTurn", guard, "saw a turn cleared", listener.onTurnCleared);
  wrapMethod(session, "shutdown", guard, "saw a session close", listener.onClosing);
  followClose(session, guard, listener);
}

/**
 * `wrapMethod` would return a promise, because a `SpeechHandle` can be awaited. So this is done by
 * hand.
 */
function followSay(
  session: Session,
  guard: Guard,
  listener: SessionMethodsListener,
  ownerContext: () => CallContext,
): void {
  const say = session.say.bind(session);
  session.say = (text, options) => {
    const speech = guard.run("saw prerecorded audio", () =>
      options?.audio === undefined
        ? undefined
        : listener.onPrerecordedSpeech({ text, audio: options.audio }),
    );
    const handle = runInContext({ ...ownerContext(), isSay: true }, () =>
      speech === undefined
        ? say(text, options)
        : say(speech.text, { ...options, audio: speech.audio }),
    );
    guard.run("saw speech kept out of the chat", () => {
      if (options?.addToChatCtx === false) listener.onSpeechKeptFromChat(handle);
    });
    return handle;
  };
}

/** `wrapMethod` does not await its listeners. So this is done by hand. */
function followClose(session: Session, guard: Guard, listener: SessionMethodsListener): void {
  const close = session.close.bind(session);
  session.close = async () => {
    guard.run("saw a session close", listener.onClosing);
    await close();
    try {
      await listener.onClosed();
    } catch (error) {
      guard.report("waited for a record", error);
    }
  };
}
