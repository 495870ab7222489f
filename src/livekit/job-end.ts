import { type JobContext, getJobContext } from "@livekit/agents";
import { flushConversations } from "../../otel/index.js";

type End = () => Promise<void>;

/** What must end before a job's process ends. */
const endsOfJobs = new WeakMap<JobContext, Set<End>>();

/**
 * Calls `end` when the job that runs now shuts down. LiveKit closes only a job's first session, and the
 * process ends once the job's callbacks are done.
 *
 * Returns a function that forgets `end`. A job may outlive many sessions, and must keep nothing of
 * those that are over.
 */
export function endWithJob(end: End): () => void {
  const job = getJobContext(false);
  if (job === undefined) return () => undefined;
  const ends = endsOfJobs.get(job) ?? listenTo(job);
  ends.add(end);
  return () => void ends.delete(end);
}

/** A separate function, so that the callback refers to the job's set and to no session. */
function listenTo(job: JobContext): Set<End> {
  const ends = new Set<End>();
  endsOfJobs.set(job, ends);
  job.addShutdownCallback(async () => {
    await Promise.all([...[...ends].map((each) => each()), flushConversations()]);
  });
  return ends;
}
