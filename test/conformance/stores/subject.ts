import { runToEnd } from "../processes.ts";
import type { Outcome, Subject } from "../subject.ts";
import { type Installed, installAzurite, installMoto } from "./installed.ts";
import { type Server, startAzurite, startMoto } from "./servers.ts";

interface Stand {
  readonly name: string;
  readonly install: () => Promise<Installed>;
  readonly start: (program: string) => Promise<Server>;
}

const stands: readonly Stand[] = [
  { name: "moto", install: installMoto, start: startMoto },
  { name: "azurite", install: installAzurite, start: startAzurite },
];

/** Accounts that somebody has given: `accounts.test.ts` says what each needs. */
const accounts = ["CAPSTAN_CONFORMANCE_AWS_TABLE", "CAPSTAN_CONFORMANCE_VAULT_URL", "CAPSTAN_CONFORMANCE_GCP_PROJECT"];

async function prepare(): Promise<Outcome> {
  const absent: string[] = [];
  for (const { name, install } of stands) {
    const installed = await install();
    if (installed.is === "absent") absent.push(`${name}: ${installed.why}`);
  }
  return absent.length === 0 ? { is: "passed" } : { is: "skipped", why: absent.join("; ") };
}

/** The contracts of stores and ledgers on stand-ins that others wrote, and on real accounts where there are some. */
async function run(): Promise<Outcome> {
  const servers: Server[] = [];
  const absent: string[] = [];
  try {
    for (const { name, install, start } of stands) {
      const installed = await install();
      if (installed.is === "there") servers.push(await start(installed.program));
      else absent.push(`${name}: ${installed.why}`);
    }
    const given = accounts.some((name) => process.env[name] !== undefined);
    if (servers.length === 0 && !given) return { is: "skipped", why: absent.join("; ") };
    for (const why of absent) process.stdout.write(`conformance stores: without ${why}\n`);
    const env = Object.assign({ ...process.env }, ...servers.map((server) => server.env)) as NodeJS.ProcessEnv;
    const args = ["run", "--config", "test/conformance/vitest.config.ts", "test/conformance/stores"];
    if ((await runToEnd("vitest", args, { env })) === 0) return { is: "passed" };
    return { is: "failed", why: "a promise is broken there, or a deviation of the table is none any more" };
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
}

export const stores: Subject = { prepare, run };
