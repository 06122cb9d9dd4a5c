import { afterAll, beforeAll, describe, it } from "vitest";
import type { Cluster } from "../../core/ports/cluster.ts";
import { accountCases } from "./cluster-account-cases.ts";
import { adoptCases } from "./cluster-adopt-cases.ts";
import { copyCasesOfClusters } from "./cluster-copy-cases.ts";
import { deleteCases } from "./cluster-delete-cases.ts";
import { foreignAndNeighbourCases } from "./cluster-foreign-cases.ts";
import { namespaceCases } from "./cluster-namespace-cases.ts";
import { ownerCases } from "./cluster-owner-cases.ts";
import { readCases } from "./cluster-read-cases.ts";
import { repairCases } from "./cluster-repair-cases.ts";
import { writeCases } from "./cluster-write-cases.ts";

export interface OutsideSecret {
  readonly text: string | null;
  readonly type?: string;
  readonly immutable?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly manager?: string;
}

/** The cluster under test, and what others do to it behind its back. */
export interface ClusterWorld {
  readonly cluster: Cluster;
  readonly addNamespace: (name: string, labels?: Readonly<Record<string, string>>) => void | Promise<void>;
  readonly terminateNamespace: (name: string) => void | Promise<void>;
  readonly removeNamespace: (name: string) => void | Promise<void>;
  readonly writeOutside: (namespace: string, name: string, secret: OutsideSecret) => void | Promise<void>;
  readonly deleteOutside: (namespace: string, name: string) => void | Promise<void>;
  /** Makes a ServiceAccount, or replaces its `imagePullSecrets`. */
  readonly setAccount: (namespace: string, name: string, pullSecrets: readonly string[]) => void | Promise<void>;
  /** Names in its `imagePullSecrets`, in their order. */
  readonly accountSecrets: (namespace: string, name: string) => readonly string[] | Promise<readonly string[]>;
  /** Text of `.dockerconfigjson` as stored; null where there is none. */
  readonly storedText: (namespace: string, name: string) => string | null | Promise<string | null>;
}

export interface ClusterCase {
  readonly name: string;
  readonly run: (world: ClusterWorld, namespace: string) => Promise<void>;
}

export interface ClusterFixture {
  readonly world: ClusterWorld;
  readonly close: () => Promise<void>;
}

/** Pages of the cluster under test; the suite needs small ones. */
export const contractPageSize = 3;
export const contractManager = "capstan-contract";

export const clusterCases: readonly ClusterCase[] = [
  ...namespaceCases,
  ...readCases,
  ...writeCases,
  ...foreignAndNeighbourCases,
  ...ownerCases,
  ...copyCasesOfClusters,
  ...repairCases,
  ...adoptCases,
  ...deleteCases,
  ...accountCases,
];

/** What every driver of a cluster must do. Each case gets a namespace of its own. */
export function clusterContract(name: string, setup: () => Promise<ClusterFixture>): void {
  describe(`cluster contract: ${name}`, () => {
    let fixture: ClusterFixture;
    let count = 0;
    beforeAll(async () => {
      fixture = await setup();
    });
    afterAll(() => fixture.close());
    for (const { name: title, run } of clusterCases) {
      it(title, async () => {
        count += 1;
        const namespace = `case-${count}`;
        await fixture.world.addNamespace(namespace);
        await run(fixture.world, namespace);
      });
    }
  });
}
