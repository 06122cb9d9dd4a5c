import type { HomeLedger } from "../../../core/protocol/state.ts";
import { credentialName, pullSecretName } from "../configuration.ts";
import type { Sandbox } from "../start.ts";
import { readDemoLedger } from "./ledger-view.ts";

const installation = "sandbox";
const clustersNamedMax = 6;

/** The fleet as the sandbox has it: looked at from outside, never through the product. */
export class Fleet {
  readonly #sandbox: Sandbox;
  readonly #namespacesPerCluster: number;

  constructor(sandbox: Sandbox, namespacesPerCluster: number) {
    this.#sandbox = sandbox;
    this.#namespacesPerCluster = namespacesPerCluster;
  }

  ledger(): HomeLedger | null {
    return readDemoLedger(this.#sandbox, installation, credentialName);
  }

  /** Per cluster: how many pull Secrets carry the ledger's current epoch. */
  #served(ledger: HomeLedger): readonly { readonly cluster: string; readonly served: number }[] {
    const mark = `${ledger.ledgerId}.${ledger.epoch}`;
    return this.#sandbox.clusters.map((cluster) => {
      const marked = cluster
        .secrets()
        .filter(
          (secret) =>
            secret.name === pullSecretName && secret.annotations?.[`epoch.capstan.dev/${credentialName}`] === mark,
        );
      return { cluster: cluster.name, served: marked.length };
    });
  }

  /** Every namespace holds the current generation. */
  everywhere(): boolean {
    const ledger = this.ledger();
    return (
      ledger !== null &&
      ledger.epoch > 0 &&
      this.#served(ledger).every(({ served }) => served === this.#namespacesPerCluster)
    );
  }

  /** Nothing is under way above this epoch, and every namespace holds it. */
  settled(epochAbove: number): boolean {
    const ledger = this.ledger();
    if (ledger === null || ledger.current === null || ledger.epoch <= epochAbove) return false;
    return ledger.next === null && ledger.replaced.length === 0 && this.everywhere();
  }

  describe(ledger: HomeLedger | null): string {
    if (ledger === null) return "no ledger yet";
    const next = ledger.next === null ? "" : `generation ${ledger.next.generation} ${ledger.next.state}; `;
    const current = ledger.current === null ? "none" : `generation ${ledger.current.generation}, epoch ${ledger.epoch}`;
    const old = ledger.replaced.map((record) => `, generation ${record.generation} ${record.state}`).join("");
    return `${next}current ${current}${old}; served ${this.#servedText(ledger)}`;
  }

  #servedText(ledger: HomeLedger): string {
    const served = this.#served(ledger);
    if (served.length > clustersNamedMax) {
      const sum = served.reduce((all, { served: count }) => all + count, 0);
      return `${sum}/${served.length * this.#namespacesPerCluster} in ${served.length} clusters`;
    }
    return served.map(({ cluster, served: count }) => `${cluster} ${count}/${this.#namespacesPerCluster}`).join(" ");
  }
}
