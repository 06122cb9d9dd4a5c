import { PortError } from "../../core/ports/errors.ts";

type Call = (...args: readonly unknown[]) => Promise<unknown>;

/**
 * A driver that is made at its first call. Where that fails (a reference that cannot be resolved, a file
 * that cannot be read), the call fails as a `PortError` of `system` and the next one tries again: a part
 * that cannot be set up stops its own calls and nothing else.
 */
export function lateDriver<Port extends object>(
  system: string,
  calls: Readonly<Record<keyof Port & string, true>>,
  make: () => Promise<Port>,
): Port {
  const ready = onceMade(async () => {
    try {
      return await make();
    } catch (error) {
      throw setupError(system, error);
    }
  });
  const late = (name: string): Call => {
    return async (...args) => {
      const driver = (await ready()) as Readonly<Record<string, Call>>;
      return driver[name]?.(...args);
    };
  };
  return Object.fromEntries(Object.keys(calls).map((name) => [name, late(name)])) as Port;
}

/** The same for every call, from the first that succeeds on. */
export function onceMade<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}

/** Of an error that is not ours a file's path and the code alone: messages may quote what was read. */
export function setupError(system: string, error: unknown): PortError {
  const where = { system, operation: "connect" };
  if (error instanceof PortError) {
    const { kind, message, reason } = error;
    const text = message.startsWith(`${system}: `) ? message : `${system}: ${message}`;
    return new PortError(kind, text, { ...where, ...(reason === undefined ? {} : { reason }) });
  }
  const { code, path } = (typeof error === "object" && error !== null ? error : {}) as Readonly<
    Record<"code" | "path", unknown>
  >;
  const what = typeof path === "string" ? `${path} cannot be read` : "it cannot be set up";
  const name = error instanceof Error ? error.name : typeof error;
  return new PortError("invalid", `${system}: ${what} (${typeof code === "string" ? code : name})`, where);
}
