import type { Secret } from "../../../core/secret.ts";

/** Another registry that this Harbor replicates with. */
export interface EndpointRow {
  readonly id: number;
  name: string;
  readonly type: string;
  url: string;
  description: string;
  insecure: boolean;
  /** Empty: no credential. */
  credentialType: string;
  accessKey: string;
  accessSecret: Secret;
  status: "healthy" | "unhealthy";
  readonly createdAtMs: number;
  updatedAtMs: number;
}

export interface ReplicationFilter {
  readonly type: string;
  readonly value: unknown;
  /** Empty: matches. */
  readonly decoration: string;
}

export interface ReplicationPolicyRow {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  /** The endpoint pulled from; 0: this Harbor is the source. */
  readonly sourceId: number;
  /** The endpoint pushed to; 0: this Harbor is the destination. */
  readonly destinationId: number;
  readonly destinationNamespace: string;
  /** Components of a name that the namespace stands for; -1: as old versions did. Shown only. */
  readonly replaceCount: number;
  readonly filters: readonly ReplicationFilter[];
  readonly trigger: object | null;
  readonly enabled: boolean;
  readonly override: boolean;
  readonly deletion: boolean;
  /** KB per second; 0: no limit. Shown only, as the next two. */
  readonly speed: number;
  readonly copyByChunk: boolean;
  readonly single: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

type Status = "InProgress" | "Succeed" | "Failed" | "Stopped";

/** A copy to be made. It carries the endpoint's credential as it was when the task was made (harbor.md §10.38). */
export interface ReplicationTask {
  readonly id: number;
  readonly source: string;
  readonly destination: string;
  readonly tags: readonly string[];
  readonly endpoint: { readonly url: string; readonly accessKey: string; readonly accessSecret: Secret };
  status: "Pending" | Status;
  readonly startedAtMs: number;
  endedAtMs: number | null;
}

export interface ReplicationExecution {
  readonly id: number;
  readonly policyId: number;
  readonly startedAtMs: number;
  endedAtMs: number | null;
  status: Status;
  statusText: string;
  readonly tasks: ReplicationTask[];
}

export interface ReplicationState {
  policies: ReplicationPolicyRow[];
  executions: ReplicationExecution[];
  /** The job service is halted: tasks wait. */
  held: boolean;
}
