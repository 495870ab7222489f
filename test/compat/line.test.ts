import { runWithJobContextAsync, type voice } from "@livekit/agents";
import { DisconnectReason, ParticipantKind } from "@livekit/rtc-node";
import { expect } from "vitest";
import type { ObserveOptions } from "../../src/livekit/index.js";
import { ScriptedSpeechToText, ScriptedTextToSpeech } from "../livekit/support/fake-models.js";
import { FakeRoom, createJob } from "./support/fake-room.js";
import { holdCall } from "./support/hold-call.js";
import { useRecorder } from "./support/recorder.js";
import { row } from "./support/row.js";

const recorder = useRecorder();

const CALLER = "+15105550100";
const DESK = "+15105550199";
const SIP = {
  "sip.callID": "SCL_7",
  "sip.callIDFull": "call@sip.example",
  "sip.callStatus": "active",
  "sip.phoneNumber": CALLER,
  "sip.ruleID": "SDR_1",
  "sip.trunkID": "ST_1",
  "sip.trunkPhoneNumber": DESK,
  "sip.h.x-from": CALLER,
};
const AT = expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string;

function enter(room: FakeRoom, observe: ObserveOptions = {}) {
  const session = { stt: new ScriptedSpeechToText(), tts: new ScriptedTextToSpeech() };
  return holdCall(recorder, { session, observe, start: { room: room.asRoom() } });
}

row(
  {
    id: "line/room",
    agent: "is in a room with a caller, listeners and other agents",
    record:
      "`session.room`, `room_id` and `participants`: identity, id, kind, name, when they came and went, and why",
  },
  async () => {
    const room = new FakeRoom();
    room.join("caller", { name: "Caller" });
    const call = await enter(room);
    const listener = room.join("listener");
    room.leave(listener, DisconnectReason.CLIENT_INITIATED);
    room.join("agent-other", { kind: ParticipantKind.AGENT });
    const { record, spans, events } = await call.finish();
    expect(record.session).toMatchObject({ room: "parcel-desk", room_id: "RM_1" });
    expect(record.session.participants).toEqual([
      {
        identity: "caller",
        id: "PA_1",
        kind: "standard",
        name: "Caller",
        linked: true,
        joined_at: AT,
      },
      {
        identity: "listener",
        id: "PA_2",
        kind: "standard",
        joined_at: AT,
        left_at: AT,
        left_reason: "client_initiated",
      },
      { identity: "agent-other", id: "PA_3", kind: "agent", joined_at: AT },
    ]);
    expect(events).toEqual([]);
    expect(spans.find(({ name }) => name === "participant_left")?.attributes).toMatchObject({
      "lk.participant_id": "PA_2",
      "lk.participant_kind": "STANDARD",
    });
    expect(call.problems).toEqual([]);
  },
);

row(
  {
    id: "line/telephone",
    agent: "answers a telephone call",
    record:
      "`sip` of the participant (call, trunk and rule), and `[number]` in place of numbers, in identities and names of rooms too",
  },
  async () => {
    const room = new FakeRoom(`call-_${CALLER}_x7`);
    const caller = room.join(`sip_${CALLER}`, {
      kind: ParticipantKind.SIP,
      name: `Phone ${CALLER}`,
      attributes: { ...SIP, "sip.callStatus": "ringing" },
    });
    const call = await enter(room);
    room.changeAttributes(caller, { "sip.callStatus": "active" });
    const { record, spans } = await call.finish();
    expect(record.session.room).toBe("call-_[number]_x7");
    expect(record.session.participants).toEqual([
      {
        identity: "sip_[number]",
        id: "PA_1",
        kind: "sip",
        name: "Phone [number]",
        linked: true,
        joined_at: AT,
        sip: {
          "sip.callID": "SCL_7",
          "sip.callIDFull": "call@sip.example",
          "sip.callStatus": "active",
          "sip.ruleID": "SDR_1",
          "sip.trunkID": "ST_1",
        },
      },
    ]);
    const ours = spans.filter(({ attributes }) => attributes["talktrace.session.id"] !== undefined);
    expect(ours.some(({ attributes }) => attributes["sip.callID"] === "SCL_7")).toBe(true);
    expect(JSON.stringify([record, ours])).not.toMatch(/5105550/);
  },
);

row(
  {
    id: "line/telephone-learnt",
    agent: "is in a room whose names and metadata have the number of somebody who joins later",
    record:
      "`[number]`, put right when that caller joins; digits that are no number of anybody in the call stay",
  },
  async () => {
    const [digits, national] = [CALLER.slice(1), CALLER.slice(2)];
    const room = new FakeRoom(`call-${digits}-20251122`);
    const metadata = `{"lead":"${digits}","phone":15105550177,"order":20251122}`;
    const gone = room.join(`lead-${national}`);
    room.join("guest", { name: `Guest ${national}` });
    const job = createJob(room, { id: "AJ_1", agentName: "parcels", metadata });
    const call = await runWithJobContextAsync(job, () => enter(room));
    room.leave(gone, DisconnectReason.CLIENT_INITIATED);
    room.join(`sip_${digits}`, { kind: ParticipantKind.SIP, attributes: SIP });
    const { record } = await call.finish();
    expect(record.session).toMatchObject({
      room: "call-[number]-20251122",
      room_id: "RM_1",
      dispatch_metadata: '{"lead":"[number]","phone":"[number]","order":20251122}',
    });
    expect(record.session.participants).toMatchObject([
      { identity: "lead-[number]", id: "PA_1", left_at: AT, left_reason: "client_initiated" },
      { identity: "guest", name: "Guest [number]" },
      { identity: "sip_[number]", kind: "sip" },
    ]);
    expect(JSON.stringify(record)).not.toMatch(/5550100|5550177/);
    expect(call.problems).toEqual([]);
  },
);

row(
  {
    id: "line/telephone-waiting",
    agent: "is called by somebody who is in the room before the session starts",
    record: "`[number]` from the first span on, also for a number without `+`",
  },
  async () => {
    const digits = CALLER.slice(1);
    const room = new FakeRoom(`call-${digits}-x7`);
    room.join(`sip_${digits}`, { kind: ParticipantKind.SIP, attributes: SIP });
    const job = createJob(room, { id: "AJ_1", metadata: `lead ${digits}` });
    const call = await runWithJobContextAsync(job, () => enter(room));
    const { record, spans } = await call.finish();
    expect(record.session.dispatch_metadata).toBe("lead [number]");
    const ours = spans.filter(({ attributes }) => attributes["talktrace.session.id"] !== undefined);
    expect(JSON.stringify([record, ours])).not.toMatch(/5550100/);
  },
);

row(
  {
    id: "line/telephone-in-an-audience",
    agent: "is called in a room with an audience, of which only a hundred are described",
    record: "`[number]` wherever the caller's number stands",
  },
  async () => {
    const digits = CALLER.slice(1);
    const room = new FakeRoom(`call-${digits}-x7`);
    const late = { kind: ParticipantKind.SIP };
    const job = createJob(room, { id: "AJ_1", metadata: "lead 15105550199" });
    const call = await runWithJobContextAsync(job, () => enter(room));
    for (let count = 1; count <= 100; count += 1) room.join(`guest-${count}`);
    room.join("caller", { ...late, attributes: { "sip.phoneNumber": CALLER } });
    // The number of the desk is told only when the call is there.
    const desk = room.join("desk", late);
    room.changeAttributes(desk, { "sip.trunkPhoneNumber": DESK });
    const { record } = await call.finish();
    expect(record.session.participants).toHaveLength(100);
    expect(record.session.room).toBe("call-[number]-x7");
    expect(record.session.dispatch_metadata).toBe("lead [number]");
  },
);

row(
  {
    id: "line/job-ends-first",
    agent: "has a job that ends while its session runs on",
    record: "a session closed with `job_shutdown`, and nothing of what is said later",
  },
  async () => {
    const room = new FakeRoom();
    const job = createJob(room, { id: "AJ_1" });
    const ears = new ScriptedSpeechToText();
    const call = await runWithJobContextAsync(job, () =>
      holdCall(recorder, {
        session: { stt: ears, tts: new ScriptedTextToSpeech() },
        start: { room: room.asRoom() },
      }),
    );
    await ears.untilListening();
    for (const end of job.shutdownCallbacks) await end();
    const told = call.next<voice.UserInputTranscribedEvent>("user_input_transcribed");
    ears.say("are you there");
    await told;
    const { said, record } = await call.finish();
    expect(said).toEqual([]);
    expect(record.session).toMatchObject({ close_reason: "job_shutdown" });
    expect(call.problems).toEqual([]);
    expect(recorder.problems).toEqual([]);
  },
);

row(
  {
    id: "line/telephone-numbers",
    agent: "opts in with `phoneNumbers: true`",
    record: "all attributes that begin with `sip.`, and nothing masked",
  },
  async () => {
    const room = new FakeRoom(`call-_${CALLER}_x7`);
    room.join(`sip_${CALLER}`, { kind: ParticipantKind.SIP, attributes: SIP });
    const call = await enter(room, { phoneNumbers: true });
    const { record } = await call.finish();
    expect(record.session.room).toBe(`call-_${CALLER}_x7`);
    expect(record.session.participants).toMatchObject([{ identity: `sip_${CALLER}`, sip: SIP }]);
  },
);

row(
  {
    id: "line/keys",
    agent: "hears keys that are pressed on the telephone",
    record: "an event `dtmf` for each, in its turn; keys that the agent sends are a tool call",
  },
  async () => {
    const room = new FakeRoom();
    const caller = room.join(`sip_${CALLER}`, { kind: ParticipantKind.SIP, attributes: SIP });
    const call = await enter(room);
    await call.session.say("Press one or two.").waitForPlayout();
    room.press(caller, "2");
    const { events, record } = await call.finish();
    expect(events).toEqual([["dtmf", { digit: "2", code: 2, participant: "sip_[number]" }]]);
    expect(record.events[0]).toMatchObject({ turn_id: "t_1", timestamp: AT });
  },
);

row(
  {
    id: "line/another-participant",
    agent: "calls `setParticipant()` during a call",
    record: "an event `participant_linked`, and `linked` on each participant that was listened to",
  },
  async () => {
    const room = new FakeRoom();
    room.join("first");
    room.join("second");
    const call = await enter(room);
    const { _roomIO: link } = call.session;
    link?.setParticipant("second");
    link?.setParticipant(null);
    const { events, record } = await call.finish();
    expect(events).toEqual([
      ["participant_linked", { from: "first", to: "second" }],
      ["participant_linked", { from: "second", to: null }],
    ]);
    expect(record.session.participants).toMatchObject([
      { identity: "first", linked: true },
      { identity: "second", linked: true },
    ]);
  },
);

row(
  {
    id: "line/dispatch",
    agent: "is dispatched by name, with metadata",
    record:
      "`agent_name`, `dispatch_metadata` and `job` of the session, why it closed, the versions of LiveKit and its plugins, and of the agent where `OTEL_RESOURCE_ATTRIBUTES` has `service.version`; the spans have `lk.job_id` and `lk.agent_name` as LiveKit writes them",
  },
  async () => {
    const room = new FakeRoom("parcel-desk");
    const metadata = `{"campaign":"autumn","dial":"${CALLER}"}`;
    const job = createJob(room, { id: "AJ_1", agentName: "parcels", metadata });
    const call = await runWithJobContextAsync(job, () => enter(room));
    const { record, spans } = await call.finish();
    expect(record.session).toMatchObject({
      job: "AJ_1",
      agent_name: "parcels",
      dispatch_metadata: '{"campaign":"autumn","dial":"[number]"}',
      room: "parcel-desk",
      close_reason: "user_initiated",
    });
    expect(record.session.software).toMatchObject({ "@livekit/agents": "1.8.1" });
    expect(spans.find(({ name }) => name === "conversation")?.attributes).toMatchObject({
      "lk.job_id": "AJ_1",
      "lk.agent_name": "parcels",
      "talktrace.session.dispatch_metadata": '{"campaign":"autumn","dial":"[number]"}',
    });
  },
);

row(
  {
    id: "line/hang-up",
    agent: "speaks while the caller hangs up",
    record:
      "the reply as far as it was heard, `partial`, without `interrupted_by`, because nobody interrupted it; queued speech is `closed`",
    runsAlone: true,
  },
  async () => {
    const room = new FakeRoom();
    const caller = room.join("caller");
    const ears = new ScriptedSpeechToText();
    const call = await holdCall(recorder, {
      rate: 1,
      session: {
        stt: ears,
        tts: new ScriptedTextToSpeech(),
        turnHandling: { turnDetection: "manual" },
      },
      start: { room: room.asRoom() },
    });
    await ears.untilListening();
    call.session.say("Your parcel will come tomorrow, between nine and eleven.");
    call.session.say("Is there anything else?");
    await call.loudspeaker.waitUntilHeard(0, 0.3);
    ears.finalTranscript("mhm");
    await call.loudspeaker.waitUntilHeard(0, 0.6);
    const closed = call.next("close");
    room.leave(caller, DisconnectReason.CLIENT_INITIATED);
    await closed;
    const { record, said } = await call.finish();
    expect(record.session.close_reason).toBe("participant_disconnected");
    expect(said).toContainEqual(["agent", expect.any(String), "mouth_piece_tts", "partial"]);
    expect(record.conversation.filter((message) => "interrupted_by" in message)).toEqual([]);
    expect(record.metrics.interruptions).toBe(0);
    expect(record.unspoken.map(({ reason }) => reason)).toEqual(
      record.unspoken.map(() => "closed"),
    );
  },
);
