import { useEffect } from "preact/hooks";
import type { CallsAnswer } from "../view-answers.js";
import { useAnswer } from "./answers.js";
import { CallView } from "./call-view.js";
import { Loading, Problem } from "./states.js";

/** The newest call that runs. When it ends it stays, until another begins. */
export function LiveView() {
  const { data, error } = useAnswer<CallsAnswer>("/calls.json?limit=1");
  useEffect(() => {
    document.title = "Live - TalkTrace";
  }, []);
  if (data === undefined && error === undefined) return <Loading what="calls" />;
  const name = data?.live ?? data?.calls[0]?.name;
  if (name === undefined)
    return (
      <Problem
        title="No call runs"
        isPage
        text="The next call appears here as soon as it begins. To make one:"
      >
        <pre>npx talktrace demo</pre>
      </Problem>
    );
  return (
    <div class="live">
      {data?.live === undefined && (
        <p class="notice">No call runs now. This is the last one; the next appears by itself.</p>
      )}
      <CallView key={name} name={name} isFollowing />
    </div>
  );
}
