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

export interface ReplicationPolicyRow {
  readonly id: number;
  readonly name: string;
  /** The endpoint pulled from; 0: this Harbor is the source. */
  readonly sourceId: number;
  /** The endpoint pushed to; 0: this Harbor is the destination. */
  readonly destinationId: number;
  readonly destinationNamespace: string;
  readonly filters: readonly { readonly type: string; readonly value: unknown }[];
  readonly trigger: object;
  readonly enabled: boolean;
  readonly override: boolean;
  readonly createdAtMs: number;
}

type Status = "InProgress" | "Succeed" | "Failed";

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
