import { runAgent } from "../../core/app/agent/agent.ts";
import { verdictOf } from "../../core/app/agent/pace.ts";
import { noPulse } from "../../core/app/agent/pulse.ts";
import { type TickResult, tick } from "../../core/app/tick.ts";
import { createDeployedTools } from "../compose/deployed-tools.ts";
import { createJsonLog } from "../compose/json-log.ts";
import { createSecretSource } from "../compose/secrets.ts";
import { systemClock } from "../compose/tools.ts";
import { serveProbes } from "./probes.ts";

export interface AgentProcess {
  /** CAPSTAN_CONFIG, CAPSTAN_SITE, CAPSTAN_LOG_LEVEL, the workload identity, and what the file refers to. */
  readonly env: NodeJS.ProcessEnv;
  /** Port of the probes; null: none. */
  readonly probePort: number | null;
  readonly signal: AbortSignal;
  /** One line of the log, without its end. */
  readonly write: (line: string) => void;
}

function openerOf({ env, write }: AgentProcess) {
  const secrets = createSecretSource(env);
  const log = createJsonLog({
    write: (line) => write(line.trimEnd()),
    scrub: (text) => secrets.scrub(text),
    nowMs: () => systemClock.nowMs(),
    level: env["CAPSTAN_LOG_LEVEL"],
  });
  return { log, open: createDeployedTools({ env, bundleFolder: import.meta.dirname, secrets, log }) };
}

/** The agent until `signal` fires. Throws `SetupRefused` where it cannot begin. */
export async function runUntilStopped(options: AgentProcess): Promise<void> {
  const { log, open } = openerOf(options);
  await open();
  let pulse = noPulse;
  const { probePort, signal } = options;
  const nowMs = () => systemClock.nowMs();
  const probes = probePort === null ? null : await serveProbes(probePort, () => pulse, nowMs);
  const where = probes === null ? "" : `, probes on port ${probes.port}`;
  log({ level: "info", message: `agent of ${options.env["CAPSTAN_SITE"]} began${where}`, code: "agent-began" });
  try {
    await runAgent({
      open,
      signal,
      pulse: (next) => {
        pulse = next;
      },
    });
    log({ level: "info", message: "agent stopped; nothing is half done", code: "agent-stopped" });
  } finally {
    await probes?.close();
  }
}

/** One tick of the agent's site, for a CronJob. `failed`: nothing could be looked at; `blocked`: a person must act. */
export async function runOnce(options: AgentProcess): Promise<"done" | "blocked" | "failed"> {
  const { tools, sites } = await openerOf(options).open();
  const credentials = Object.keys(tools.config.credentials);
  const deadlineMs = null;
  const result: TickResult = await tick(tools, { sites, credentials, acts: {}, deadlineMs, signal: options.signal });
  if (result.runs.some(({ outcome }) => outcome.end === "blocked")) return "blocked";
  return verdictOf(result) === "failed" ? "failed" : "done";
}
