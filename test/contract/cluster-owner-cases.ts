import { expect } from "vitest";
import { dockerText, label, present, refused, writeOf } from "./cluster-fixtures.ts";
import type { ClusterCase, OutsideSecret } from "./cluster-suite.ts";

const text = dockerText("quay.example.com", "kim", "hers");

interface OwnerRow {
  readonly tool: string;
  readonly secret: (namespace: string) => Omit<OutsideSecret, "text">;
  /** Among the owners that are named. */
  readonly named: string;
}

/** Who else writes pull Secrets, by what is seen on a live object (operators.md 4.2). */
const owners: readonly OwnerRow[] = [
  {
    tool: "External Secrets, by its label",
    secret: () => ({ labels: { "reconcile.external-secrets.io/managed": "true" } }),
    named: "External Secrets (label reconcile.external-secrets.io/managed)",
  },
  {
    tool: "External Secrets, by its hash",
    secret: () => ({ annotations: { "reconcile.external-secrets.io/data-hash": "9f" } }),
    named: "External Secrets (annotation reconcile.external-secrets.io/data-hash)",
  },
  {
    tool: "the Secrets Store CSI driver",
    secret: () => ({ labels: { "secrets-store.csi.k8s.io/managed": "true" } }),
    named: "Secrets Store CSI driver (label secrets-store.csi.k8s.io/managed)",
  },
  {
    tool: "Argo CD, by its tracking id",
    secret: (namespace) => ({ annotations: { "argocd.argoproj.io/tracking-id": `shop:/Secret:${namespace}/pull` } }),
    named: "Argo CD (annotation argocd.argoproj.io/tracking-id)",
  },
  {
    tool: "Argo CD, by its field manager",
    secret: () => ({ manager: "argocd-controller" }),
    named: "argocd-controller (Argo CD)",
  },
  {
    tool: "Flux's kustomizations",
    secret: () => ({
      labels: { "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system" },
    }),
    named: "Flux (label kustomize.toolkit.fluxcd.io/name)",
  },
  {
    tool: "Flux's field manager",
    secret: () => ({ manager: "kustomize-controller" }),
    named: "kustomize-controller (Flux)",
  },
  {
    tool: "Helm",
    secret: () => ({
      labels: { "app.kubernetes.io/managed-by": "Helm" },
      annotations: { "meta.helm.sh/release-name": "shop" },
    }),
    named: "Helm (annotation meta.helm.sh/release-name)",
  },
  {
    tool: "Sealed Secrets",
    secret: () => ({ annotations: { "sealedsecrets.bitnami.com/managed": "true" } }),
    named: "Sealed Secrets (annotation sealedsecrets.bitnami.com/managed)",
  },
  {
    tool: "a replicator's copy, with its source",
    secret: () => ({ annotations: { "replicator.v1.mittwald.de/replicate-from": "infra/pull" } }),
    named: "kubernetes-replicator (a copy of infra/pull; make that the target)",
  },
  {
    tool: "a replicator's pushed copy",
    secret: () => ({ annotations: { "replicator.v1.mittwald.de/replicated-from-version": "71" } }),
    named: "kubernetes-replicator (a copy of another Secret; make that the target)",
  },
  {
    tool: "a reflection, with its source",
    secret: () => ({ annotations: { "reflector.v1.k8s.emberstack.com/reflects": "infra/pull" } }),
    named: "reflector (a copy of infra/pull; make that the target)",
  },
  {
    tool: "a Kyverno clone, with its source",
    secret: () => ({
      labels: {
        "generate.kyverno.io/policy-name": "sync",
        "generate.kyverno.io/source-namespace": "infra",
        "generate.kyverno.io/source-name": "pull",
      },
    }),
    named: "Kyverno (a copy of infra/pull; make that the target)",
  },
  {
    tool: "Terraform",
    secret: () => ({ manager: "HashiCorp" }),
    named: "HashiCorp (Terraform)",
  },
  {
    tool: "Capsule",
    secret: () => ({ labels: { "projectcapsule.dev/managed-by": "resources" } }),
    named: "Capsule (label projectcapsule.dev/managed-by)",
  },
  {
    tool: "vcluster's syncer",
    secret: () => ({ labels: { "vcluster.loft.sh/managed-by": "v1" } }),
    named: "vcluster (label vcluster.loft.sh/managed-by)",
  },
];

const namedCases = owners.map(
  ({ tool, secret, named }): ClusterCase => ({
    name: `owner: ${tool}`,
    async run({ cluster, writeOutside, storedText }, namespace) {
      await writeOutside(namespace, "pull", { text, ...secret(namespace) });
      const facts = present(await cluster.readSecret(namespace, "pull"));
      expect(facts.otherOwners).toContain(named);
      await refused(cluster.applySecret(writeOf(facts)), "conflict", "field-owner");
      expect(await storedText(namespace, "pull")).toBe(text);
    },
  }),
);

export const ownerCases: readonly ClusterCase[] = [
  ...namedCases,
  {
    name: "owner: OpenShift's generated Secrets, by their name",
    async run({ cluster, writeOutside }, namespace) {
      await writeOutside(namespace, "builder-dockercfg-x7k2p", { text });
      const facts = present(await cluster.readSecret(namespace, "builder-dockercfg-x7k2p"));
      expect(facts.otherOwners).toContain("OpenShift (generated for a ServiceAccount)");
    },
  },
  {
    name: "owner: a tracking id that was copied along with a Secret says nothing",
    async run({ cluster, writeOutside }, namespace) {
      const annotations = { "argocd.argoproj.io/tracking-id": "shop:/Secret:elsewhere/pull" };
      await writeOutside(namespace, "pull", { text, annotations, manager: "kim" });
      expect(present(await cluster.readSecret(namespace, "pull")).otherOwners).toEqual(["kim"]);
    },
  },
  {
    name: "owner: a source of copies belongs to whoever writes it",
    async run({ cluster, writeOutside }, namespace) {
      const annotations = {
        "replicator.v1.mittwald.de/replicate-to": "team-.*",
        "reflector.v1.k8s.emberstack.com/reflection-allowed": "true",
      };
      const facts = await cluster.applySecret(writeOf(await cluster.createEmptySecret(namespace, "pull", label)));
      const stored = { text: null, annotations: { ...annotations, ...facts.annotations }, labels: label };
      await writeOutside(namespace, "pull", {
        ...stored,
        text: dockerText("quay.example.com", "a", "b"),
        manager: "kim",
      });
      expect(present(await cluster.readSecret(namespace, "pull")).otherOwners).toEqual(["kim"]);
    },
  },
  {
    name: "owner: two at once are both named",
    async run({ cluster, writeOutside }, namespace) {
      const labels = { "app.kubernetes.io/managed-by": "Helm", "kustomize.toolkit.fluxcd.io/name": "apps" };
      const annotations = { "meta.helm.sh/release-name": "shop" };
      await writeOutside(namespace, "pull", { text, labels, annotations, manager: "helm" });
      expect(present(await cluster.readSecret(namespace, "pull")).otherOwners).toEqual([
        "Flux (label kustomize.toolkit.fluxcd.io/name)",
        "Helm (annotation meta.helm.sh/release-name)",
        "helm (Helm)",
      ]);
    },
  },
];
