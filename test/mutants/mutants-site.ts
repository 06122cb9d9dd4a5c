import { type Mutant, simulated, told } from "./mutant.ts";

const replies = "core/protocol/site-cluster-replies.ts";
const step = "core/protocol/site-step.ts";
const serve = "core/protocol/site-serve.ts";
const target = "core/protocol/site-target.ts";
const writes = "core/drivers/memory/cluster-writes.ts";

/** How a site hands out, and what it reports. */
export const siteMutants: readonly Mutant[] = [
  {
    name: "no fence on targets",
    edits: [
      {
        file: writes,
        from: "if (before === null || before.uid !== write.uid) throw",
        to: "if (before === null) throw",
      },
      { file: writes, from: "if (String(before.version) !== write.resourceVersion) throw", to: "if (false) throw" },
    ],
    hunt: told("target-written-late"),
    broken: /^promise 1: .* went back from epoch/,
  },
  {
    name: "receipt taken from the write instead of a read",
    edits: [
      {
        file: replies,
        from: 'return readBack(withTook(run, (reply.value as SiteReplies["apply-target"]).tookMs), active);',
        to: "return finish(run, active, countServed(run.tally, context.value.username));",
      },
      { file: replies, from: "import { countForeign,", to: "import { countServed, countForeign," },
    ],
    hunt: simulated(600, { takenBackAtOnce: true }, { adopt: true }),
    broken: /^promise 1/,
  },
  {
    name: "receipts of all but the first taken from the writes, not from a second listing",
    edits: [
      {
        file: "core/protocol/site-items.ts",
        from: "return { ...finish(run, active, run.tally), written };",
        to: "return finish(run, active, countServed(run.tally, written.count > 0 ? null : item.name));",
      },
    ],
    hunt: told("taken-back-before-the-second-listing"),
    broken: /^promise 1/,
  },
  {
    name: "what a second listing leaves out is not read any more",
    edits: [
      {
        file: "core/protocol/site-cluster-queue.ts",
        from: "left.map(([, item]) => item)",
        to: "left.slice(0, 0).map(([, item]) => item)",
      },
    ],
    hunt: told("left-out-of-the-second-listing"),
    broken: /^promise 1/,
  },
  {
    name: "fence by generation instead of epoch",
    edits: [
      {
        file: "core/protocol/site-cluster-effects.ts",
        from: "epoch: context.value.epoch });",
        to: "epoch: context.value.generation });",
      },
      { file: target, from: "mark.epoch > wanted.value.epoch)", to: "mark.epoch > wanted.value.generation)" },
      {
        file: target,
        from: "mark?.epoch === wanted.value.epoch &&",
        to: "mark?.epoch === wanted.value.generation &&",
      },
    ],
    hunt: simulated(300, { acts: ["roll back", "rotate"], act: 0.4 }),
    broken: /^promise/,
  },
  {
    // A missing Secret is filled only after the site's ledger was read again: that line of defence is gone, too.
    name: "a site that trusts a stale read of its store",
    edits: [
      { file: step, from: "if (trace.epoch < ledger.epoch) {", to: "if (false) {" },
      { file: replies, from: "epoch <= context.value.epoch)", to: "true)" },
    ],
    hunt: simulated(800, { staleRead: 0.4, outside: 0.3, outsiders: ["secret deleted"] }),
    broken: /^promise 1/,
  },
  {
    name: "a missing Secret made in one call",
    edits: [
      {
        file: "core/engine/site-calls.ts",
        from: '        name: effect.name,\n        labels: labels(context),\n      };\n    case "apply-target"',
        to: `        name: effect.name,
        labels: {
          ...labels(context),
          fill: JSON.stringify({
            key: context.registryKey,
            username: loginOf(vault).username,
            password: loginOf(vault).password.reveal(),
            mark: "epoch.capstan.dev/" + context.credential,
            epoch: vault.value.value.ledgerId + "." + vault.value.value.epoch,
          }),
        },
      };
    case "apply-target"`,
      },
      {
        file: writes,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
        from: "  return put(state, {\n    namespace,\n    name,\n    uid: `uid-${state.version + 1}`,",
        to: `  const { fill, ...own } = labels as any;
  const { key, username, password, mark, epoch } = JSON.parse(fill);
  labels = own;
  const auth = Buffer.from(username + ":" + password).toString("base64");
  return put(state, {
    namespace,
    name,
    uid: \`uid-\${state.version + 1}\`,`,
      },
      {
        file: writes,
        from: "    annotations: {},\n    text: new Secret(emptyText),",
        to: "    annotations: { [mark]: epoch },\n    text: new Secret(JSON.stringify({ auths: { [key]: { username, password, auth } } })),",
      },
      {
        file: replies,
        from: 'return go(run, active, "reload", (reply.value as SiteReplies["create-target"]).target);',
        to: "return readBack(run, active);",
      },
    ],
    hunt: told("missing-secret-made-late"),
    broken: /^promise 1: .* was made with epoch/,
  },
  {
    name: "an unmarked Secret filled without another look at the site's ledger",
    edits: [{ file: "core/protocol/site-items.ts", from: 'fenced ? "apply" : "reload"', to: '"apply"' }],
    hunt: told("empty-secret-filled-late"),
    broken: /^promise 1: .* was made with epoch/,
  },
  {
    name: "a report that reads the round after its listing",
    edits: [
      {
        file: step,
        from: '["load-site-ledger", "read-round", "read-value"] as const) {\n    const reply',
        to: '["load-site-ledger", "read-value"] as const) {\n    const reply',
      },
      {
        file: step,
        from: 'const round = answer(state, "read-round");',
        to: 'const round = answer(state, "read-round");\n  if (round === undefined) return want(state, [{ type: "read-round" }]);',
      },
    ],
    hunt: told("listed-before-the-round"),
    broken: /echoed a round with a look that began before it was drawn/,
  },
  {
    name: "a wave that does not wait for the one before",
    edits: [
      {
        file: "core/protocol/site-waves.ts",
        from: "const passed = wave.left === 0 && !hasFailed(wave, settings.limits);",
        to: "const passed = wave.percent > 0;",
      },
    ],
    hunt: simulated(600, { throttled: 0.2 }, { waves: [30, 70], namespacesPerCluster: 3 }),
    broken: /opened the wave of 70 % after one with/,
  },
  {
    name: "a wave that goes on however slow the one before was",
    edits: [
      {
        file: "core/protocol/site-waves.ts",
        from: "if (isSlow && !settings.resume)",
        to: "if (isSlow && wave.percent === 0)",
      },
    ],
    hunt: simulated(
      600,
      { slow: 0.3 },
      { sites: ["aws"], clusters: { c0: "aws", c1: "aws" }, waves: [20, 40, 60, 80], namespacesPerCluster: 6 },
    ),
    broken: /opened the wave of .* after one of .* that was slow/,
  },
  {
    name: "a step that fills its clusters twice and no more",
    edits: [
      {
        file: serve,
        from: "  for (;;) {\n    const asked: Asked",
        to: "  for (let passes = 0; ; ) {\n    const asked: Asked",
      },
      {
        file: serve,
        from: "if (clusters.every((run, i) => run === asked.clusters[i])) return asked;",
        to: "if (clusters.every((run, i) => run === asked.clusters[i]) || (passes += 1) === 2) return { ...asked, clusters };",
      },
    ],
    hunt: told("canary-halts-before-the-next-wave"),
    broken: /^a runner hangs/,
  },
];
