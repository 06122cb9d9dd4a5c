import type { ActionLoaders } from "./actions.ts";

/** Each command's action, loaded when the command is called: no SDK is paid for by `--help`. */
export const actionLoaders: ActionLoaders = {
  init: async () => (await import("./init.ts")).init,
};
