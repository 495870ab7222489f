import { getJobContext } from "@livekit/agents";
import { flushConversations } from "../../otel/index.js";

type End = () => Promise<void>;

/** What has to end before a job's process does. */
const endsOfJobs = new WeakMap<object, Set<End>>();

/**
 * Calls `end` when the job that runs now shuts down. Its process ends once its callbacks are done,
 * and LiveKit closes only a job's first session. Gives the function that lets go of `end`: a job may
 * outlive many sessions, and keeps nothing of those that are over.
 */
export function endWithJob(end: End): () => void {
  const job = getJobContext(false);
  if (job === undefined) return () => undefined;
  const known = endsOfJobs.get(job);
  const ends = known ?? new Set<End>();
  ends.add(end);
  if (known === undefined) {
    endsOfJobs.set(job, ends);
    // The callback keeps the job's set alone, so it is added once, however many sessions there are.
    job.addShutdownCallback(async () => {
      await Promise.all([...[...ends].map((each) => each()), flushConversations()]);
    });
  }
  return () => void ends.delete(end);
}
