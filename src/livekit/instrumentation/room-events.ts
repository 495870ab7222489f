import { type Participant, type RemoteParticipant, type Room, RoomEvent } from "@livekit/rtc-node";
import type { Guard } from "./guard.js";

/** Told what happens in a room. */
export interface RoomListener {
  /** The room's connection has changed, so its name may be known now. */
  onConnection(): void;
  onJoin(participant: RemoteParticipant): void;
  onLeave(participant: RemoteParticipant): void;
  /** A participant's name or attributes have changed. */
  onChange(participant: Participant): void;
  onKey(code: number, digit: string, participant: RemoteParticipant | undefined): void;
}

/**
 * Tells a listener what happens in a room. Returns a function that ends this and leaves nothing on the
 * room.
 */
export function followRoomEvents(room: Room, guard: Guard, listener: RoomListener): () => void {
  const changed = (_what: unknown, participant: Participant): void =>
    listener.onChange(participant);
  const listeners: [RoomEvent, (...args: never[]) => void][] = [
    [RoomEvent.Connected, listener.onConnection],
    [RoomEvent.ConnectionStateChanged, listener.onConnection],
    [RoomEvent.ParticipantConnected, listener.onJoin],
    [RoomEvent.ParticipantDisconnected, listener.onLeave],
    [RoomEvent.ParticipantAttributesChanged, changed],
    [RoomEvent.ParticipantNameChanged, changed],
    [RoomEvent.DtmfReceived, listener.onKey],
  ];
  const emitter = room as unknown as {
    on(name: string, listen: (...args: unknown[]) => void): void;
    off(name: string, listen: (...args: unknown[]) => void): void;
  };
  const attached = listeners.map(([name, listen]) => {
    const guarded = (...args: unknown[]): void =>
      guard.run(`handled "${name}" of the room`, () =>
        (listen as (...args: unknown[]) => void)(...args),
      );
    emitter.on(name, guarded);
    return () => emitter.off(name, guarded);
  });
  return () => attached.forEach((detach) => detach());
}
