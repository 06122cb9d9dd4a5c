import { cutAfter, noted, once, type Rule } from "./noted.ts";
import { refreshFaults } from "./refresh-faults.ts";
import type { ActiveFault, DemoFault, DemoStage } from "./stage.ts";

/** What ends the robot in use now, once it is replaced: its deletion, or with `alternating` a secret that nobody keeps. */
function endOfOldRobot(stage: DemoStage): Pick<Rule, "kind" | "when"> {
  const { robot } = stage.ledger()?.current ?? {};
  const when = ({ path }: { readonly path: string }): boolean => path.endsWith(`/robots/${robot?.id}`);
  return { kind: stage.strategy === "generations" ? "robot.delete" : "robot.refresh", when };
}

/** Does this DynamoDB write promote? It is the one by which the home ledger's epoch grows. */
function isPromotion(stage: DemoStage, body: Buffer): boolean {
  const before = stage.ledger();
  try {
    const item = (JSON.parse(body.toString("utf8")) as { Item?: { pk?: { S?: string }; text?: { S?: string } } }).Item;
    if (item?.pk?.S?.includes("@") !== false || before === null) return false;
    return (JSON.parse(item.text?.S ?? "{}") as { epoch?: number }).epoch === before.epoch + 1;
  } catch {
    return false;
  }
}

/** Several of everything: nothing in the sandbox misbehaves, the scheduler does. */
function copied(stage: DemoStage, copies: NonNullable<ActiveFault["copies"]>): ActiveFault {
  let fired = 0;
  let firstMs: number | null = null;
  return {
    fired: () => fired,
    firstMs: () => firstMs,
    healedMs: () => null,
    look() {},
    copies,
    sent() {
      fired += 1;
      firstMs ??= stage.nowMs();
    },
  };
}

/** The ways in which the demo can be made to go wrong. All of it is done by the sandbox, from outside. */
export const demoFaults: readonly DemoFault[] = [
  {
    name: "crash-after-mint",
    line: "home's function is killed when Harbor has made the robot and before it hears so",
    begin: (stage) => noted(stage, once({ part: "harbor", kind: "robot.create", action: cutAfter }), { kills: "aws" }),
  },
  {
    name: "crash-after-stage",
    line: "home's function is killed when the new secret is stored and before the ledger says so",
    begin: (stage) => noted(stage, once({ part: "aws", kind: "PutSecretValue", action: cutAfter }), { kills: "aws" }),
  },
  {
    name: "crash-mid-distribution",
    line: "a site's function is killed with half of its cluster's namespaces served",
    begin(stage) {
      const cluster =
        stage.sandbox.describe().clusters.find(({ site }) => site !== "aws") ?? stage.sandbox.describe().clusters[0];
      // Two are written at a time: the one beside it is through, those behind it are not.
      const skip = Math.max(0, Math.floor(stage.namespaces / 2) - 1);
      return noted(
        stage,
        once({ part: "kubernetes", instance: cluster?.name ?? "", kind: "secret.apply", skip, action: cutAfter }),
        { kills: cluster?.site ?? "aws" },
      );
    },
  },
  {
    name: "crash-before-retire",
    line: "home's function is killed when it asks Harbor to end the old robot",
    begin: (stage) =>
      noted(stage, once({ part: "harbor", ...endOfOldRobot(stage), action: { type: "cut-before" } }), { kills: "aws" }),
  },
  {
    name: "lost-reply-mint",
    line: "Harbor makes the robot, and its answer (the only copy of its secret) is lost",
    begin: (stage) => noted(stage, once({ part: "harbor", kind: "robot.create", action: cutAfter }), {}),
  },
  {
    name: "lost-reply-promote",
    line: "the ledger takes the promotion, and its answer is lost",
    begin: (stage) =>
      noted(
        stage,
        once({ part: "aws", kind: "PutItem", when: ({ body }) => isPromotion(stage, body), action: cutAfter }),
        {},
      ),
  },
  {
    name: "store-down",
    line: "Azure Key Vault answers 503 for at least two ticks of every site",
    begin: (stage) =>
      noted(
        stage,
        {
          part: "azure",
          when: ({ path }) => path.startsWith("/secrets"),
          action: { type: "reply", status: 503, body: "Service Unavailable" },
        },
        { lasts: true },
      ),
  },
  {
    name: "store-stale",
    line: "half of all reads of values at GCP Secret Manager answer with what stood there before the rotation",
    begin: (stage) =>
      noted(
        stage,
        {
          part: "gcp",
          kind: "version.access",
          when: () => stage.random() < 0.5,
          action: { type: "stale", asOfMs: stage.nowMs() },
        },
        { lasts: true },
      ),
  },
  {
    name: "cluster-dark",
    line: "one cluster's API server is not reachable for at least two ticks of every site; its pods pull on",
    begin(stage) {
      const cluster = stage.sandbox.describe().clusters.at(-1);
      return noted(
        stage,
        { part: "kubernetes", instance: cluster?.name ?? "", action: { type: "cut-before" } },
        { lasts: true },
      );
    },
  },
  {
    name: "harbor-5xx",
    line: "Harbor's API answers 502 for at least two ticks of every site; pulls still work",
    begin: (stage) =>
      noted(
        stage,
        {
          part: "harbor",
          when: ({ path }) => path.startsWith("/api/"),
          action: {
            type: "reply",
            status: 502,
            headers: { "content-type": "text/html" },
            body: "<html>Bad Gateway</html>",
          },
        },
        { lasts: true },
      ),
  },
  {
    name: "two-runners",
    line: "home's function runs twice at the same time, in two processes, at every event",
    begin: (stage) => copied(stage, { runners: 2, events: 1, late: false }),
  },
  {
    name: "doubled-events",
    line: "every event of every cloud is delivered twice, an operator's once more after its promotion",
    begin: (stage) => copied(stage, { runners: 1, events: 2, late: true }),
  },
  ...refreshFaults,
];
