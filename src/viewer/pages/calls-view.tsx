import { useEffect, useRef, useState } from "preact/hooks";
import type { CallsAnswer } from "../view-answers.js";
import { addressOfCall, addressWith, callName, followLink, go, parameter } from "./address.js";
import { useAnswer } from "./answers.js";
import { CallRowLink } from "./call-row.js";
import { CallView } from "./call-view.js";
import { count, showName } from "./format.js";
import { useKeys } from "./keys.js";
import { QueryField } from "./query-field.js";
import { EmptyFolder, Loading, Problem } from "./states.js";

const ROWS = 200;

/** The list of calls, and beside it the call that the address names. */
export function CallsView() {
  const query = parameter("q");
  const opened = callName.value;
  const [rows, setRows] = useState(ROWS);
  const { data, error, isLoading } = useAnswer<CallsAnswer>(
    `/calls.json?q=${encodeURIComponent(query)}&limit=${rows}`,
  );
  const calls = data?.calls ?? [];
  const place = calls.findIndex(({ name }) => name === opened);
  const open = (name: string | undefined): void => {
    if (name !== undefined) go(addressOfCall(name));
  };
  const before = place > 0 ? calls[place - 1]?.name : undefined;
  const after = calls[place + 1]?.name;
  useKeys({
    "[": () => open(before),
    "]": () => open(opened === undefined ? calls[0]?.name : after),
    "!": () => go(addressWith({ q: toggleTerm(query, "finding:any") }), true),
    ...(opened === undefined && {
      ArrowDown: () => moveFocus(1),
      ArrowUp: () => moveFocus(-1),
    }),
  });
  useEffect(() => {
    if (opened === undefined) document.title = "Calls - TalkTrace";
  }, [opened]);

  return (
    <div class={opened === undefined ? "calls" : "calls with-call"}>
      <section class="list" aria-label="Calls">
        {opened === undefined && <h1 class="unseen">Calls</h1>}
        <QueryField
          label="Search: refund finding:bad since:7d"
          error={error}
          onEnter={() => open(calls[0]?.name)}
        />
        {data !== undefined && <Facets data={data} query={query} />}
        {data === undefined && error === undefined && <Loading what="calls" />}
        {data !== undefined && (
          <CallRows
            data={data}
            opened={opened}
            isStale={isLoading && data.query !== query}
            query={query}
          />
        )}
        {data !== undefined && data.total > data.calls.length && (
          <button type="button" class="more" onClick={() => setRows(rows + ROWS)}>
            Show more: {calls.length} of {data.total.toLocaleString("en")} are here
          </button>
        )}
      </section>
      {opened !== undefined && (
        <section class="opened" aria-label="The call">
          <p class="steps">
            <a class="back" href={addressWith({ t: "", m: "" }, "/")} onClick={followLink}>
              All calls
            </a>
            <button type="button" disabled={before === undefined} onClick={() => open(before)}>
              <kbd>[</kbd> Previous
            </button>
            <button type="button" disabled={after === undefined} onClick={() => open(after)}>
              Next <kbd>]</kbd>
            </button>
          </p>
          <CallView key={opened} name={opened} />
        </section>
      )}
    </div>
  );
}

function CallRows({
  data,
  opened,
  isStale,
  query,
}: {
  data: CallsAnswer;
  opened: string | undefined;
  isStale: boolean;
  query: string;
}) {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    list.current
      ?.querySelector('[aria-current="true"]')
      ?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [opened]);
  if (data.total === 0 && data.unreadable.length === 0)
    return query.trim() === "" ? <EmptyFolder /> : <NothingFound query={query} />;
  return (
    <>
      <ol class={isStale ? "rows stale" : "rows"} ref={list}>
        {data.calls.map((call) => (
          <li key={call.name}>
            <CallRowLink
              call={call}
              isOpen={call.name === opened}
              isLive={call.name === data.live}
            />
          </li>
        ))}
      </ol>
      {data.unreadable.length > 0 && (
        <section class="unreadable" aria-label="Files that cannot be read">
          <h2>{count(data.unreadable.length, "file")} cannot be read</h2>
          <ul>
            {data.unreadable.map(({ name, reason }) => (
              <li key={name}>
                <strong>
                  <bdi>{showName(name)}</bdi>
                </strong>
                <span>{reason}</span>
                <code>talktrace verify "{showName(name)}"</code>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

/** How many calls there are, and switches that narrow the query. */
function Facets({ data, query }: { data: CallsAnswer; query: string }) {
  const facets = [
    { term: "finding:bad", name: count(data.bad, "bad", "bad") },
    { term: "finding:warn", name: `${data.warn.toLocaleString("en")} warned` },
    { term: "status:open", name: "running" },
    { term: "since:7d", name: "last 7 days" },
  ];
  return (
    <p class="facets">
      <span role="status">{count(data.total, "call")}</span>
      {facets.map(({ term, name }) => {
        const isOn = query.split(/\s+/).includes(term);
        return (
          <button
            key={term}
            type="button"
            aria-pressed={isOn}
            onClick={() => go(addressWith({ q: toggleTerm(query, term) }), true)}
          >
            {name}
          </button>
        );
      })}
    </p>
  );
}

function NothingFound({ query }: { query: string }) {
  const terms = query.match(/(?:[^\s"]+|"[^"]*")+/g) ?? [];
  return (
    <Problem title="No call fits" text="Take a term away, or clear the query:">
      <p class="facets">
        {terms.map((term) => (
          <button
            key={term}
            type="button"
            onClick={() => go(addressWith({ q: toggleTerm(query, term) }), true)}
          >
            <bdi>{term}</bdi> ×
          </button>
        ))}
        <button type="button" onClick={() => go(addressWith({ q: "" }), true)}>
          Clear
        </button>
      </p>
    </Problem>
  );
}

function toggleTerm(query: string, term: string): string {
  const terms = query.match(/(?:[^\s"]+|"[^"]*")+/g) ?? [];
  const without = terms.filter((each) => each !== term);
  return (without.length < terms.length ? without : [...terms, term]).join(" ");
}

function moveFocus(step: number): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>(".rows a")];
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  links[Math.max(0, Math.min(links.length - 1, at + step))]?.focus();
}
