import type { ExitCode } from "./exit-codes.ts";
import type { TableStyle } from "./table.ts";

/** What each command is asked. Names of options are those of the command line. */
export interface PlanOptions {
  /** Empty: all of the file. */
  readonly credentials: readonly string[];
  /** Exit status 2 when something would change. */
  readonly detailedExitcode: boolean;
}

export interface RotateOptions {
  readonly credentials: readonly string[];
  /** Ticks until idle, or until `timeoutMs` passed (exit status 124). */
  readonly wait: boolean;
  readonly timeoutMs: number | null;
  /** Begin a new ledger where traces of a lost one were found. */
  readonly startNew: boolean;
}

export interface TickOptions {
  /** Runners to play; empty: all sites of the file. */
  readonly sites: readonly string[];
  /** Their next wave of targets is opened whatever the one before came to. */
  readonly resume: boolean;
}

export interface AgentOptions {
  readonly site: string;
  /** One tick instead of staying. */
  readonly once: boolean;
  /** Port on which kubelet's probes are answered; null: none. */
  readonly probePort: number | null;
}

export interface StatusOptions {
  readonly credentials: readonly string[];
  /** Exit status 3 or 4 when a credential waits or is blocked; otherwise 0. */
  readonly exitCode: boolean;
}

export interface RollbackOptions {
  readonly credential: string;
  /** Null: the newest replaced generation. */
  readonly generation: number | null;
}

export interface RevokeOptions {
  readonly credential: string;
  readonly generation: number;
  /** Without waiting for the targets: pulls may fail. Confirmed by name. */
  readonly now: boolean;
}

/** The file goes to `--config`, or ./capstan.yaml. */
export interface InitOptions {
  readonly force: boolean;
  readonly installation: string;
  readonly credential: string;
  readonly harborUrl: string;
  readonly caFile: string | null;
  readonly issuer: string;
  readonly password: string;
  readonly project: string;
  readonly kubeconfig: string | null;
  readonly contexts: readonly string[];
  readonly namespaces: readonly string[];
  readonly selector: string | null;
  readonly secret: string;
  readonly directory: string;
  readonly identity: string;
}

export interface RbacOptions {
  /** None: all of the file. */
  readonly clusters: readonly string[];
  /** The runner's ServiceAccount. */
  readonly account: { readonly namespace: string; readonly name: string };
}

export interface ManifestsOptions {
  /** The site of kind `agent`; null: what External Secrets needs in `clusters`. */
  readonly agent: string | null;
  /** With External Secrets; none: all of the file where it is to write something. */
  readonly clusters: readonly string[];
  readonly form: "deployment" | "cronjob";
  readonly image: string;
  /** Of the pod at its cloud: role ARN, client id or service account; null: none is named. */
  readonly identity: string | null;
  readonly account: RbacOptions["account"];
}

export interface DiscoverOptions {
  /** Null: the Harbor and the clusters of the configuration file. */
  readonly harbor: {
    readonly url: string;
    readonly login: string;
    readonly password: string;
    readonly caFile: string | null;
    readonly contexts: readonly string[];
    readonly kubeconfig: string | null;
  } | null;
  /** A registry of the file; null: its only one. */
  readonly registry: string | null;
  /** File for a configuration to start from. */
  readonly write: string | null;
  readonly force: boolean;
}

export interface SandboxOptions {
  readonly clusters: number;
  readonly namespaces: number;
  readonly seed: number;
  /** How many Harbors; pods pull from the first. */
  readonly harbors: number;
  /** `v2.15.2` and the like. */
  readonly harborVersion: string;
  /** Where configuration, authorities and keys for trying the CLI by hand are written. */
  readonly directory: string;
}

/** What an action may use of the terminal and the process. */
export interface CliContext {
  /** As `--config` or CAPSTAN_CONFIG says; null: look in the usual places (`config-file.ts`). */
  readonly configPath: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly style: TableStyle;
  /** A line on stdout at once, for what goes on and on. Never a secret. */
  say(line: string): void;
  /** A line on stderr, unless `--quiet`. Never a secret. */
  progress(line: string): void;
  /** A line on stderr with `--debug`. Never a secret. */
  debug(line: string): void;
  /** Fires at the first Ctrl-C or SIGTERM: finish the call under way and return. */
  readonly signal: AbortSignal;
}

export interface CliResult {
  readonly exitCode: ExitCode;
  /** The document that `-o json` prints. */
  readonly data: unknown;
  /** The lines that people get. */
  readonly table: readonly string[];
}

type Action<Options> = (options: Options, context: CliContext) => Promise<CliResult>;

/** One function per command, given from outside. */
export interface CliActions {
  readonly plan: Action<PlanOptions>;
  readonly rotate: Action<RotateOptions>;
  readonly tick: Action<TickOptions>;
  readonly agent: Action<AgentOptions>;
  readonly status: Action<StatusOptions>;
  readonly rollback: Action<RollbackOptions>;
  readonly revoke: Action<RevokeOptions>;
  readonly init: Action<InitOptions>;
  readonly rbac: Action<RbacOptions>;
  readonly manifests: Action<ManifestsOptions>;
  readonly discover: Action<DiscoverOptions>;
  readonly sandbox: Action<SandboxOptions>;
}

export type CommandName = keyof CliActions;

/** Loads an action when its command is called, so that `--help` pays for none. A command without one is not offered. */
export type ActionLoaders = { readonly [Name in CommandName]?: () => Promise<CliActions[Name]> };
