import { exitCode } from "./exit-codes.ts";

export interface Interruption {
  readonly signal: AbortSignal;
  /** 130 or 143 once asked to stop; null before. */
  exitCode(): number | null;
  dispose(): void;
}

export interface InterruptOptions {
  /** Whose signals: the process, or a stand-in in tests. */
  readonly source: Pick<NodeJS.Process, "on" | "off">;
  readonly say: (line: string) => void;
  readonly leave: (code: number) => void;
}

/** First Ctrl-C or SIGTERM: say what is safe, and ask to stop. Second: leave at once. */
export function watchInterrupts(options: InterruptOptions): Interruption {
  const controller = new AbortController();
  let code: number | null = null;
  const stop = (ownCode: number) => () => {
    if (code !== null) {
      options.leave(ownCode);
      return;
    }
    code = ownCode;
    options.say(
      "stopping after the call under way; nothing is lost: `capstan tick` goes on from here (again to leave now)",
    );
    controller.abort();
  };
  const onInterrupt = stop(exitCode.interrupted);
  const onTerminate = stop(exitCode.terminated);
  options.source.on("SIGINT", onInterrupt);
  options.source.on("SIGTERM", onTerminate);
  return {
    signal: controller.signal,
    exitCode: () => code,
    dispose: () => {
      options.source.off("SIGINT", onInterrupt);
      options.source.off("SIGTERM", onTerminate);
    },
  };
}
