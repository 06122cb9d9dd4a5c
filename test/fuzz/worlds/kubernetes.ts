import * as z from "zod";
import { createKubernetesCluster } from "../../../core/drivers/kubernetes/cluster.ts";
import type { SecretFacts } from "../../../core/ports/cluster.ts";
import { Secret } from "../../../core/secret.ts";
import { FaultBoard } from "../../../functions/sandbox/faults.ts";
import { startKubernetes } from "../../../functions/sandbox/kubernetes/server.ts";
import { kubernetesCertificates } from "../../contract/kubernetes-authority.ts";
import type { Outcome } from "../hostile/verdict.ts";
import { name, nothing, secret } from "./shapes.ts";
import { impatientMs, operation, patientMs, type World } from "./world.ts";

const labelled = { "capstan.dev/credential": "platform-pull" };
const host = "harbor.example.com";
const ours = { name: "our password", secret: new Secret("oUr5~password-of-the-robot") };
const theirs = { name: "a neighbour's password", secret: new Secret("tHeIr~password-of-a-neighbour") };
const dockerKey = ".dockerconfigjson";
const neighbour = `"ghcr.io":{"auth":"${Buffer.from(`them:${theirs.secret.reveal()}`).toString("base64")}"}`;
const malformed = `{"auths":{${neighbour},"bad":{"auth":"!"}}}`;

const label = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
const login = z.strictObject({ username: z.string(), password: secret }).nullable();
const facts = z.strictObject({
  namespace: label,
  name: label,
  uid: name,
  resourceVersion: name,
  type: z.string(),
  immutable: z.boolean(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  otherOwners: z.array(name),
  content: z.discriminatedUnion("state", [
    z.strictObject({ state: z.literal("absent") }),
    z.strictObject({ state: z.literal("parsed"), logins: z.record(z.string(), login) }),
    z.strictObject({ state: z.literal("malformed"), entry: z.string().nullable(), why: name }),
  ]),
});

interface Held {
  readonly namespace: string;
  readonly facts: SecretFacts;
  readonly text: string;
}

export async function openKubernetes(): Promise<World> {
  const faults = new FaultBoard();
  const { caPem, tls } = await kubernetesCertificates();
  const nowMs = () => Date.now();
  const token = new Secret("t0kEn~of-the-runner");
  const tokens = { [token.reveal()]: { username: "admin", groups: ["system:masters"] } };
  const server = await startKubernetes({ name: "driven", faults, nowMs, tls, tokens });
  const driver = (requestTimeoutMs: number) =>
    createKubernetesCluster({
      name: "driven",
      server: server.url,
      caPem,
      token: () => token,
      fieldManager: "capstan-fuzz",
      requestTimeoutMs,
      pageSize: 50,
      nowMs,
    });
  const [good, tested] = [driver(patientMs), driver(impatientMs)];

  const namespaceOf = async (run: number): Promise<string> => {
    // A fleet that grows with every run would make the last ones slow.
    server.deleteNamespace(`n${run - 20}`);
    server.createNamespace(`n${run}`, { team: "web" });
    return `n${run}`;
  };
  const held =
    (text: string) =>
    async (run: number): Promise<Held> => {
      const namespace = await namespaceOf(run);
      server.putSecret(
        namespace,
        "pull",
        { [dockerKey]: text },
        { type: "kubernetes.io/dockerconfigjson", labels: labelled, manager: "capstan-fuzz" },
      );
      const found = await good.readSecret(namespace, "pull");
      if (found === null) throw new Error("just written");
      return { namespace, facts: found, text };
    };
  const withNeighbour = held(`{"auths":{${neighbour}}}`);
  const textNow = (namespace: string) => server.secret(namespace, "pull")?.data[dockerKey] ?? null;
  const unchanged = async ({ namespace, text }: Held) => (textNow(namespace) === text ? [] : ["the Secret changed"]);
  const apply = ({ namespace, facts: read }: Held, by = tested) =>
    by.applySecret({
      namespace,
      name: "pull",
      uid: read.uid,
      resourceVersion: read.resourceVersion,
      logins: { [host]: { username: "robot$pull-g1", password: ours.secret } },
      annotations: { "epoch.capstan.dev/platform-pull": "ledger.1" },
      labels: labelled,
      force: true,
    });
  const neighbourLives = async ({ namespace, text }: Held, outcome: Outcome) => {
    const now = textNow(namespace);
    const written = now?.includes(host) ?? false;
    if (outcome.is === "value" && !written) return ["applied, it says, and nothing was"];
    return now === text || (written && now?.includes(neighbour)) ? [] : ["a neighbour's entry was lost"];
  };
  return {
    part: "kubernetes",
    faults,
    url: server.url,
    place: /^kubernetes driven: /,
    canaries: () => [ours, theirs, { name: "the runner's token", secret: token }],
    close: () => server.close(),
    operations: [
      operation<string>({
        name: "listNamespaces by selector",
        prepare: namespaceOf,
        call: () => tested.listNamespaces({ by: "selector", labelSelector: "team=web", except: [] }),
        shape: z.array(z.strictObject({ name: label, terminating: z.boolean() })),
        after: async (_, outcome, mangling) => {
          const empty = outcome.is === "value" && (outcome.value as unknown[]).length === 0;
          return empty && mangling.kind !== "json" ? ["says that there are no namespaces"] : [];
        },
      }),
      operation<string>({
        name: "listNamespaces by name",
        prepare: namespaceOf,
        call: (namespace) => tested.listNamespaces({ by: "names", names: [namespace] }),
        shape: z.array(z.strictObject({ name: label, terminating: z.boolean() })),
      }),
      operation<Held>({
        name: "listSecrets",
        prepare: withNeighbour,
        async call() {
          let token: string | null = null;
          const all: SecretFacts[] = [];
          do {
            const page = await tested.listSecrets("capstan.dev/credential=platform-pull", token);
            all.push(...page.secrets);
            token = page.continueToken;
          } while (token !== null);
          return all;
        },
        shape: z.array(facts),
        after: unchanged,
      }),
      operation<Held>({
        name: "readSecret",
        prepare: withNeighbour,
        call: ({ namespace }) => tested.readSecret(namespace, "pull"),
        shape: facts.nullable(),
        after: unchanged,
      }),
      operation<string>({
        name: "createEmptySecret",
        prepare: namespaceOf,
        call: (namespace) => tested.createEmptySecret(namespace, "pull", labelled),
        shape: facts,
        after: async (namespace) =>
          ['{"auths":{}}', null].includes(textNow(namespace)) ? [] : ["made otherwise than empty"],
      }),
      operation<Held>({
        name: "applySecret",
        prepare: withNeighbour,
        call: (at) => apply(at),
        shape: facts,
        after: neighbourLives,
      }),
      operation<Held>({
        name: "applySecret that comes too late",
        async prepare(run) {
          const before = await withNeighbour(run);
          const text = `{"auths":{${neighbour},"quay.io":{"username":"later","password":"x"}}}`;
          server.putSecret(
            before.namespace,
            "pull",
            { [dockerKey]: text },
            { labels: labelled, manager: "kubectl-edit" },
          );
          return { ...before, text };
        },
        call: (at) => apply(at),
        shape: z.never(),
        after: unchanged,
      }),
      operation<Held>({
        name: "applySecret beside a malformed entry",
        prepare: held(malformed),
        call: (at) => apply(at),
        shape: z.never(),
        after: unchanged,
      }),
      operation<Held>({
        name: "deleteSecret",
        prepare: withNeighbour,
        call: ({ namespace, facts: read }) => tested.deleteSecret(namespace, "pull", read.uid, read.resourceVersion),
        shape: nothing,
        after: async ({ namespace }, outcome) =>
          outcome.is === "value" && textNow(namespace) !== null ? ["deleted, it says, and it is there"] : [],
      }),
    ],
  };
}
