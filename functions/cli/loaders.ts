import type { ActionLoaders } from "./actions.ts";

/** Each command's action, loaded when the command is called: no SDK is paid for by `--help`. */
export const actionLoaders: ActionLoaders = {
  plan: async () => (await import("./plan.ts")).plan,
  rotate: async () => (await import("./rotate.ts")).rotate,
  tick: async () => (await import("./tick.ts")).tick,
  agent: async () => (await import("./agent.ts")).agent,
  status: async () => (await import("./status.ts")).status,
  rollback: async () => (await import("./rollback.ts")).rollback,
  revoke: async () => (await import("./revoke.ts")).revoke,
  discover: async () => (await import("./discover.ts")).discover,
  init: async () => (await import("./init.ts")).init,
  rbac: async () => (await import("./rbac.ts")).rbac,
  manifests: async () => (await import("./manifests.ts")).manifests,
  sandbox: async () => (await import("./sandbox.ts")).sandbox,
};
