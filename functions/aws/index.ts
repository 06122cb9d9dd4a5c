import type { InvokeResult } from "../../core/app/invoke.ts";
import { readEvent, withDedupeId } from "../../core/config/event.ts";
import { createFunctionRuntime } from "../compose/function-runtime.ts";

const runtime = createFunctionRuntime();

/** The part of Lambda's context that is used. */
export interface LambdaContext {
  /** The same in every delivery of an event. */
  readonly awsRequestId?: string;
  getRemainingTimeInMillis(): number;
}

/** Lambda's handler: EventBridge's schedules, and manual invocations. A refused or failed one is an error with a safe message. */
export function handler(event: unknown, context: LambdaContext): Promise<InvokeResult> {
  const { awsRequestId } = context;
  const command = () => (awsRequestId === undefined ? readEvent(event) : withDedupeId(readEvent(event), awsRequestId));
  return runtime.resultOf(command, context.getRemainingTimeInMillis());
}
