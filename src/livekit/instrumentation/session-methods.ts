import type { voice } from "@livekit/agents";
import type { Context } from "@opentelemetry/api";
import { type CallContext, runInContext } from "./call-context.js";
import type { Guard } from "./guard.js";
import { wrapMethod } from "./wrap-method.js";

type Session = voice.AgentSession;

export type SessionStartOptions = Parameters<Session["start"]>[0];

type SayOptions = NonNullable<Parameters<Session["say"]>[1]>;

/** What `say()` speaks where the caller gave the audio with the text. */
export interface PrerecordedSpeech {
  text: Parameters<Session["say"]>[0];
  audio: NonNullable<SayOptions["audio"]>;
}

/** A start of the session that is recorded. */
export interface FollowedStart {
  /** The span below which all spans of the session hang. */
  parent: Context;
  onStarted(): void;
  /** LiveKit emits no `close` for a session that could not start. */
  onFailed(): void;
}

/** Gets the calls of a session's public methods. */
export interface SessionMethodsListener {
  /** The key by which calls of this session are recognised; undefined while nothing is recorded. */
  owner(): object | undefined;
  /** `start()` is called; `options` is empty where a program in JavaScript gave none. */
  onStart(options: Partial<SessionStartOptions>): FollowedStart | undefined;
  /** `say()` was given audio; gives what is to be spoken instead, which passes the same on. */
  onPrerecordedSpeech(speech: PrerecordedSpeech): PrerecordedSpeech;
  /** `say()` keeps a speech out of the chat (`addToChatCtx: false`). */
  onSpeechKeptFromChat(speech: voice.SpeechHandle): void;
  /** `clearUserTurn()` throws away what the user has said. */
  onTurnCleared(): void;
  /** `close()` or `shutdown()` is called. */
  onClosing(): void;
  /** The session has closed. `close()` resolves when this does. */
  onClosed(): Promise<void>;
}

/**
 * Listens to the methods of a session. A call that makes the session speak may come from anywhere:
 * run for the session, what it uses of a model that sessions share is known to be this session's.
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

/** By hand, because a `SpeechHandle` can be awaited and `wrapMethod` would give a promise instead. */
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

/** By hand, because what `wrapMethod` tells of a result is not awaited. */
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
