import { runToEnd } from "../processes.ts";
import type { Outcome, Subject } from "../subject.ts";

const howTo =
  "HARBOR_URL and HARBOR_ADMIN (`admin:<password>`) name no Harbor; HARBOR_DISPOSABLE=yes lets it change settings there";

function given(): boolean {
  return Boolean(process.env["HARBOR_URL"] && process.env["HARBOR_ADMIN"]?.includes(":"));
}

/** The registry's contract on a Harbor that is there already; nothing is built or started. */
async function run(): Promise<Outcome> {
  if (!given()) return { is: "skipped", why: howTo };
  const args = ["run", "--config", "vitest.conformance.config.ts", "test/conformance/harbor"];
  const code = await runToEnd("vitest", args, { env: process.env });
  if (code === 0) return { is: "passed" };
  return { is: "failed", why: "what is named above differs from the sandbox, or breaks a promise" };
}

export const harbor: Subject = {
  prepare: async () => (given() ? { is: "passed" } : { is: "skipped", why: howTo }),
  run,
};
