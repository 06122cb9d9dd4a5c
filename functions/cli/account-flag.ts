import type { RunnerAccount } from "../../core/app/rbac.ts";
import { flagText, refuse } from "./flags.ts";

/** `--account`, for the commands that print manifests. */
export const accountOption = {
  flags: "--account <namespace/name>",
  description: "ServiceAccount that the runner logs in as",
  default: "capstan/capstan",
} as const;

/** Throws `Failure` 64. */
export function readAccount(flags: Readonly<Record<string, unknown>>): RunnerAccount {
  const [, namespace, name] = /^([a-z0-9-]{1,63})\/([a-z0-9.-]{1,253})$/.exec(flagText(flags, "account")) ?? [];
  if (namespace === undefined || name === undefined) throw refuse("account", "takes namespace/name");
  return { namespace, name };
}
