import type { Login } from "../../ports/registry.ts";

export type RobotLevel = { readonly level: "system" } | { readonly level: "project"; readonly project: string };

export interface HarborOptions {
  /** Base address of the API, `https://harbor.example`. */
  readonly endpoint: string;
  /** Addresses through which nodes pull, where they differ (replicas, aliases); default: the endpoint. */
  readonly pullEndpoints?: readonly string[];
  /** PEM file with the authorities to trust. */
  readonly caFile?: string;
  /** Who mints: a robot with `robot:create/read/list/delete`, or a person. Asked anew for every operation. */
  readonly issuer: () => Promise<Login> | Login;
  /** A second login that lists, reads and deletes robots, so that `issuer` needs only to create them; default: the issuer. */
  readonly retirer?: () => Promise<Login> | Login;
  /** `project/repository:tag` that the issuer may pull: proof that the audit log is written (harbor.md §3). */
  readonly auditProbe?: string;
  /** Which robots `list` sees. Of a project: the issuer needs `project:read` there, to learn its id. */
  readonly robotLevel: RobotLevel;
  readonly nowMs: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
  readonly requestTimeoutMs?: number;
  readonly bodyBytesMax?: number;
  /** More robots than this under one prefix are an error (`too-large`), never a part of them. */
  readonly robotsMax?: number;
}

export const defaults = {
  requestTimeoutMs: 20_000,
  bodyBytesMax: 8 * 1024 * 1024,
  robotsMax: 10_000,
} as const;
