import { afterAll, beforeAll, describe, it } from "vitest";
import type { Cluster } from "../../core/ports/cluster.ts";
import { adoptCases } from "./cluster-adopt-cases.ts";
import { deleteCases } from "./cluster-delete-cases.ts";
import { foreignAndNeighbourCases } from "./cluster-foreign-cases.ts";
import { namespaceCases } from "./cluster-namespace-cases.ts";
import { readCases } from "./cluster-read-cases.ts";
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
interface ClusterWorld {
  readonly cluster: Cluster;
  addNamespace(name: string, labels?: Readonly<Record<string, string>>): void;
  terminateNamespace(name: string): void;
  removeNamespace(name: string): void;
  writeOutside(namespace: string, name: string, secret: OutsideSecret): void;
  deleteOutside(namespace: string, name: string): void;
  /** Text of `.dockerconfigjson` as stored; null where there is none. */
  storedText(namespace: string, name: string): string | null;
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

/** What every driver of a cluster must do. Each case gets a namespace of its own. */
export function clusterContract(name: string, setup: () => Promise<ClusterFixture>): void {
  describe(`cluster contract: ${name}`, () => {
    let fixture: ClusterFixture;
    let count = 0;
    beforeAll(async () => {
      fixture = await setup();
    });
    afterAll(() => fixture.close());
    for (const { name: title, run } of [
      ...namespaceCases,
      ...readCases,
      ...writeCases,
      ...foreignAndNeighbourCases,
      ...adoptCases,
      ...deleteCases,
    ]) {
      it(title, async () => {
        count += 1;
        const namespace = `case-${count}`;
        fixture.world.addNamespace(namespace);
        await run(fixture.world, namespace);
      });
    }
  });
}
