import type { FunctionComponent } from "preact";
import { CallsView } from "./calls-view.js";
import { CompareView } from "./compare-view.js";
import { LiveView } from "./live-view.js";
import { StatisticsView } from "./statistics-view.js";

/** The views. A new one is a file of its own and a line here. */
export const ROUTES: readonly {
  path: RegExp;
  name: string;
  href: string;
  view: FunctionComponent;
}[] = [
  { path: /^\/(c\/[^/]+)?$/, name: "Calls", href: "/", view: CallsView },
  { path: /^\/live$/, name: "Live", href: "/live", view: LiveView },
  { path: /^\/stats$/, name: "Statistics", href: "/stats", view: StatisticsView },
  { path: /^\/compare$/, name: "Compare", href: "/compare", view: CompareView },
];
