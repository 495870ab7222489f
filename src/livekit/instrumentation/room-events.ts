import { type Participant, type RemoteParticipant, type Room, RoomEvent } from "@livekit/rtc-node";
import type { Guard } from "./guard.js";

/** Gets what happens in a room. */
export interface RoomListener {
  /** The room is connected, or is connected in another way: it may know its name now. */
  onConnection(): void;
  onJoin(participant: RemoteParticipant): void;
  onLeave(participant: RemoteParticipant): void;
  /** The attributes or the name of somebody are others. */
  onChange(participant: Participant): void;
  onKey(code: number, digit: string, participant: RemoteParticipant | undefined): void;
}

/** Tells of what happens in a room. Gives what ends it, which leaves nothing on the room. */
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
