import { type JobContext, getJobContext } from "@livekit/agents";
import { flushConversations } from "../../otel/index.js";

type End = () => Promise<void>;

/** What has to end before a job's process does. */
const endsOfJobs = new WeakMap<JobContext, Set<End>>();

/**
 * Calls `end` when the job that runs now shuts down. Its process ends once its callbacks are done,
 * and LiveKit closes only a job's first session. Gives the function that lets go of `end`: a job may
 * outlive many sessions, and keeps nothing of those that are over.
 */
export function endWithJob(end: End): () => void {
  const job = getJobContext(false);
  if (job === undefined) return () => undefined;
  const ends = endsOfJobs.get(job) ?? listenTo(job);
  ends.add(end);
  return () => void ends.delete(end);
}

/** A function of its own, so that the callback refers to the job's set and to no session. */
function listenTo(job: JobContext): Set<End> {
  const ends = new Set<End>();
  endsOfJobs.set(job, ends);
  job.addShutdownCallback(async () => {
    await Promise.all([...[...ends].map((each) => each()), flushConversations()]);
  });
  return ends;
}
