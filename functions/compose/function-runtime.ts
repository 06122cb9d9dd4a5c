import { type InvokeResult, invoke } from "../../core/app/invoke.ts";
import type { Command } from "../../core/config/event.ts";
import { createDeployedTools, type DeployedTools } from "./deployed-tools.ts";
import { type FailureDocument, failureOf } from "./function-failure.ts";
import { createJsonLog, scrubTexts } from "./json-log.ts";
import { createSecretSource } from "./secrets.ts";
import { systemClock } from "./tools.ts";

/** `status` as in HTTP. */
export type FunctionAnswer =
  | { readonly status: 200; readonly body: InvokeResult }
  | { readonly status: 400 | 500; readonly body: FailureDocument };

export interface FunctionRuntime {
  /** Never throws. `readCommand` may; `timeLimitMs`: what the platform leaves this invocation. */
  answer(readCommand: () => Command, timeLimitMs: number): Promise<FunctionAnswer>;
  /** For platforms that know only results and errors: throws an `Error` whose message may go to the caller. */
  resultOf(readCommand: () => Command, timeLimitMs: number): Promise<InvokeResult>;
}

/** Kept back from the platform's limit, so that calls under way end and the last state is saved (operators.md §5). */
const reserveShare = 0.2;
const flushMs = 1_000;

/**
 * What the functions of all clouds share: configuration by CAPSTAN_CONFIG, the site by CAPSTAN_SITE, JSON
 * lines on stdout from CAPSTAN_LOG_LEVEL up, and errors that tell no secret.
 */
export function createFunctionRuntime(env: NodeJS.ProcessEnv = process.env): FunctionRuntime {
  const secrets = createSecretSource(env);
  const scrub = (text: string): string => secrets.scrub(text);
  const nowMs = (): number => systemClock.nowMs();
  const log = createJsonLog({
    write: (line) => void process.stdout.write(line),
    scrub,
    nowMs,
    level: env["CAPSTAN_LOG_LEVEL"],
  });
  // Made at the first event: what is wrong with the environment is then answered, not thrown while loading.
  let deployed: (() => Promise<DeployedTools>) | null = null;

  async function answer(readCommand: () => Command, timeLimitMs: number): Promise<FunctionAnswer> {
    const deadlineMs = nowMs() + Math.max(0, timeLimitMs * (1 - reserveShare) - flushMs);
    try {
      const command = readCommand();
      deployed ??= createDeployedTools({ env, bundleFolder: import.meta.dirname, secrets, log });
      const { tools, sites } = await deployed();
      return { status: 200, body: scrubTexts(await invoke(tools, { command, sites, deadlineMs }), scrub) };
    } catch (error) {
      const { status, body, frames } = failureOf(error);
      const message = [body.error, ...(body.problems ?? [])].join("\n");
      log({ level: "error", message, code: "invocation-failed", ...(frames.length === 0 ? {} : { frames }) });
      return { status, body: scrubTexts(body, scrub) };
    }
  }

  return {
    answer,
    async resultOf(readCommand, timeLimitMs) {
      const answered = await answer(readCommand, timeLimitMs);
      if (answered.status === 200) return answered.body;
      throw new Error([answered.body.error, ...(answered.body.problems ?? [])].join("\n"));
    },
  };
}
