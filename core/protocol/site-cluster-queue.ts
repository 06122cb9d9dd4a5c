import { remembered } from "./remembered.ts";
import { type ClusterContext, type ClusterRun, type Item, isLeftAlone, keyOf, type Written } from "./site-cluster.ts";
import type { NamespaceQuery, TargetPlan, TargetSeen } from "./site-effects.ts";
import { countSeen, countUnread } from "./site-tally.ts";
import { bearsOurMark } from "./site-target.ts";

const setOf: (keys: readonly string[]) => ReadonlySet<string> = remembered((keys) => new Set(keys));

/** Names of the namespaces that are not going away. */
const openIn: (list: readonly { readonly name: string; readonly terminating: boolean }[]) => ReadonlySet<string> =
  remembered((list) => new Set(list.filter(({ terminating }) => !terminating).map(({ name }) => name)));

const itemsIn: (written: Written) => ReadonlyMap<string, Item> = remembered((written) => {
  const items = new Map<string, Item>();
  for (let at: Written | null = written; at !== null; at = at.before) items.set(keyOf(at.item), at.item);
  return items;
});

const noItems: ReadonlyMap<string, Item> = new Map();

const writtenIn = ({ written }: ClusterRun) => (written === null ? noItems : itemsIn(written));

/** A page may be given again where the server lost the thread of a listing (410). */
const wasListed = ({ keys }: ClusterRun, key: string) => keys.some((page) => setOf(page).has(key));

/** What to ask of a selection's namespaces now; null: nothing yet. Those by names matter where no Secret was seen. */
export function namespacesWanted(run: ClusterRun, target: TargetPlan): NamespaceQuery | null {
  if (run.phase === "read-back") return null;
  if (target.namespaces.by === "selector") return target.namespaces;
  return run.phase === "look" ? null : { by: "names", names: unseenNames(run, target, target.namespaces.names) };
}

function unseenNames(run: ClusterRun, { secret }: TargetPlan, names: readonly string[]): readonly string[] {
  return names.filter((namespace) => !wasListed(run, keyOf({ namespace, name: secret })));
}

/** With the targets of the page that came, or the missing ones, where all that tells them apart is known. */
export function withQueue(run: ClusterRun, context: ClusterContext): ClusterRun {
  if (run.queue !== null) return run;
  if (run.phase === "missing") {
    const known = run.namespaces.every((list) => list !== null);
    return known ? { ...run, queue: missingItems(run), cursor: 0 } : run;
  }
  const { arrived } = run;
  if (arrived === null) return run;
  if (run.phase === "read-back") return writtenItems(run, arrived);
  const known = run.plan.targets.every(({ namespaces }, i) => run.namespaces[i] !== null || namespaces.by === "names");
  return known ? lookItems(run, arrived, context) : run;
}

function lookItems(run: ClusterRun, arrived: readonly TargetSeen[], context: ClusterContext): ClusterRun {
  const items = new Map<string, Item>();
  const keys: string[] = [];
  let { tally } = run;
  for (const seen of arrived) {
    const { namespace, name } = seen;
    const key = keyOf(seen);
    if (items.has(key) || wasListed(run, key)) continue;
    keys.push(key);
    const plan = run.plan.targets.findLast((target, i) => isSelected(run, target, i, seen));
    if (plan !== undefined) items.set(key, itemOf(plan, namespace, seen));
    else if (bearsOurMark(seen, context.settings.credential, context.value.ledgerId))
      items.set(key, { ...ofNobody, namespace, name, seen });
    // Somebody took the mark away, where nothing is selected any more: what it holds is still ours to know.
    else tally = countSeen(tally, seen.username);
  }
  return { ...run, arrived: null, keys: [...run.keys, keys], queue: [...items.values()], cursor: 0, tally };
}

function isSelected(run: ClusterRun, target: TargetPlan, plan: number, seen: TargetSeen): boolean {
  if (target.secret !== seen.name) return false;
  if (target.namespaces.by === "names") return setOf(target.namespaces.names).has(seen.namespace);
  return openIn(run.namespaces[plan] ?? []).has(seen.namespace);
}

/** What bears our mark and is selected no more. */
const ofNobody = { adopt: false, repair: false, writer: undefined, desired: false, step: 0, tries: 0 };

function itemOf(plan: TargetPlan, namespace: string, seen?: TargetSeen): Item {
  const { secret, adopt, repair = false, writer } = plan;
  return { namespace, name: secret, adopt, repair, writer, desired: true, seen, step: 0, tries: 0 };
}

function missingItems(run: ClusterRun): readonly Item[] {
  const items = new Map<string, Item>();
  run.plan.targets.forEach((plan, i) => {
    // What is going away is not served any more, and nobody pulls there for long.
    for (const namespace of openIn(run.namespaces[i] ?? [])) {
      const item = itemOf(plan, namespace);
      if (!wasListed(run, keyOf(item))) items.set(keyOf(item), item);
    }
  });
  return [...items.values()];
}

function writtenItems(run: ClusterRun, arrived: readonly TargetSeen[]): ClusterRun {
  const written = writtenIn(run);
  const items = new Map<string, Item>();
  for (const seen of arrived) {
    const item = written.get(keyOf(seen));
    if (item !== undefined && !wasListed(run, keyOf(seen))) items.set(keyOf(seen), { ...item, seen });
  }
  return { ...run, arrived: null, keys: [...run.keys, [...items.keys()]], queue: [...items.values()], cursor: 0 };
}

/** What was written and stood on no page of the second listing. */
export function leftToRead(run: ClusterRun): Pick<ClusterRun, "phase" | "queue" | "cursor" | "written"> {
  const left = [...writtenIn(run)].filter(([key]) => !wasListed(run, key));
  return { phase: "rest", queue: left.map(([, item]) => item), cursor: 0, written: null };
}

/** Where the queue has been begun to its end: what comes then. The same value: it must be waited. */
export function nextPhase(run: ClusterRun, context: ClusterContext): ClusterRun {
  switch (run.phase) {
    case "look": {
      if (run.listed) return { ...run, phase: "missing", namespaces: namespacesToAsk(run), queue: null };
      const over = isLeftAlone(run) ? run.halted : context.stopping ? noTime : null;
      if (over === null) return { ...run, queue: null };
      const tally = countUnread(run.tally, { target: run.plan.cluster, ...over });
      const left = run.left + (over === noTime ? 1 : 0);
      return { ...run, phase: "missing", queue: [], cursor: 0, tally, left };
    }
    case "missing":
      return Object.keys(run.active).length > 0 ? run : { ...run, ...afterWrites(run) };
    case "read-back":
      return run.listed ? { ...run, ...leftToRead(run) } : { ...run, queue: null };
    case "rest":
      return run;
  }
}

const noTime = { reason: "not-reached", text: "no time was left" } as const;

function namespacesToAsk(run: ClusterRun): ClusterRun["namespaces"] {
  return run.plan.targets.map((target, i) => {
    if (target.namespaces.by !== "names") return run.namespaces[i] ?? null;
    return unseenNames(run, target, target.namespaces.names).length === 0 ? [] : null;
  });
}

/** One listing reads back all that was written, unless so little was that single reads take fewer requests. */
function afterWrites(run: ClusterRun): Partial<ClusterRun> {
  const pages = run.keys.length;
  const again = { keys: [], listed: false, continueToken: null };
  if (run.written === null || run.written.count < pages || isLeftAlone(run)) return leftToRead({ ...run, ...again });
  return { ...again, phase: "read-back", queue: null, cursor: 0 };
}
