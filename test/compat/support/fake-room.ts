import { EventEmitter } from "node:events";
import { JobContext, type JobProcess } from "@livekit/agents";
import { ParticipantKind, type Room } from "@livekit/rtc-node";

/** Somebody in the room, as LiveKit describes them. */
export interface FakeParticipant {
  identity: string;
  sid: string;
  name: string;
  kind: ParticipantKind;
  attributes: { [name: string]: string };
  info: { kind: ParticipantKind };
  disconnectReason?: number;
}

type RpcHandler = (call: { callerIdentity: string; payload: string }) => Promise<string>;

/** A stretch of bytes that was sent to somebody in the room. */
export interface SentStream {
  bytes: number;
  isClosed: boolean;
}

/**
 * As much of rtc-node's `Room` as LiveKit's agents use, without a server. What goes over the wire in
 * earnest is tested in test/services.
 */
export class FakeRoom extends EventEmitter {
  readonly name: string;
  readonly isConnected = true;
  readonly remoteParticipants = new Map<string, FakeParticipant>();
  /** Gets each stream that is sent, while it is being sent. */
  onBytes: ((stream: SentStream) => void) | undefined;
  /** Gets the calls that the agent makes. */
  onRpc: ((method: string) => void) | undefined;
  readonly #rpc = new Map<string, RpcHandler>();
  #count = 0;

  readonly localParticipant = {
    identity: "agent-self",
    sid: "PA_self",
    kind: ParticipantKind.AGENT,
    trackPublications: new Map(),
    setAttributes: () => Promise.resolve(),
    publishTranscription: () => Promise.resolve(),
    streamText: () =>
      Promise.resolve({ write: () => Promise.resolve(), close: () => Promise.resolve() }),
    streamBytes: ({ topic }: { topic: string }) => {
      const stream: SentStream = { bytes: 0, isClosed: false };
      const tell = () => (topic === "lk.audio_stream" ? this.onBytes?.(stream) : undefined);
      return Promise.resolve({
        write: (data: Uint8Array) => {
          stream.bytes += data.byteLength;
          return Promise.resolve(tell());
        },
        close: () => {
          stream.isClosed = true;
          return Promise.resolve(tell());
        },
      });
    },
    registerRpcMethod: (method: string, handler: RpcHandler) => this.#rpc.set(method, handler),
    unregisterRpcMethod: (method: string) => this.#rpc.delete(method),
    performRpc: ({ method }: { method: string }) => Promise.resolve(this.onRpc?.(method)),
  };

  constructor(name = "parcel-desk") {
    super();
    this.name = name;
  }

  getSid(): Promise<string> {
    return Promise.resolve("RM_1");
  }

  registerTextStreamHandler(): void {}
  unregisterTextStreamHandler(): void {}
  registerByteStreamHandler(): void {}
  unregisterByteStreamHandler(): void {}

  /** What LiveKit's types ask for. */
  asRoom(): Room {
    return this as unknown as Room;
  }

  join(
    identity: string,
    more: Partial<Pick<FakeParticipant, "kind" | "name" | "attributes">> = {},
  ): FakeParticipant {
    this.#count += 1;
    const kind = more.kind ?? ParticipantKind.STANDARD;
    const participant = {
      identity,
      sid: `PA_${this.#count}`,
      name: more.name ?? "",
      kind,
      attributes: more.attributes ?? {},
      info: { kind },
    };
    this.remoteParticipants.set(identity, participant);
    this.emit("participantConnected", participant);
    return participant;
  }

  leave(participant: FakeParticipant, disconnectReason: number): void {
    participant.disconnectReason = disconnectReason;
    this.remoteParticipants.delete(participant.identity);
    this.emit("participantDisconnected", participant);
  }

  changeAttributes(participant: FakeParticipant, attributes: FakeParticipant["attributes"]): void {
    participant.attributes = { ...participant.attributes, ...attributes };
    this.emit("participantAttributesChanged", attributes, participant);
  }

  press(participant: FakeParticipant, digit: string): void {
    this.emit("dtmfReceived", Number(digit), digit, participant);
  }

  /** Somebody in the room calls a method of the agent's. */
  async call(callerIdentity: string, method: string, payload: object): Promise<string> {
    const handler = this.#rpc.get(method);
    if (handler === undefined) throw new Error(`The agent has no method "${method}"`);
    return handler({ callerIdentity, payload: JSON.stringify(payload) });
  }
}

/** LiveKit's own context of a job, without a worker. test/services has one with a worker. */
export function createJob(
  room: FakeRoom,
  job: { id: string; agentName?: string; metadata?: string },
): JobContext {
  const details = {
    job: { ...job, room: { name: room.name }, attributes: {} },
    acceptArguments: { name: "", identity: "", metadata: "" },
    url: "ws://127.0.0.1",
    token: "",
    workerId: "AW_1",
  } as unknown as ConstructorParameters<typeof JobContext>[1];
  const nothing = () => undefined;
  const executor = { doInference: () => Promise.reject(new Error("there is no inference")) };
  return new JobContext(
    { userData: {} } as JobProcess,
    details,
    room.asRoom(),
    nothing,
    nothing,
    executor,
  );
}
