import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ErrorKind, type ErrorReason, PortError } from "../../core/ports/errors.ts";

/** One promise of a port. `name` is a fresh name (or key prefix) that no other case uses. */
export interface ContractCase<Harness> {
  readonly title: string;
  run(harness: Harness, name: string): Promise<void>;
}

export interface ContractOptions {
  /** Title of a case → why this driver cannot keep it. A title that is no case fails the suite. */
  readonly skip?: Readonly<Record<string, string>>;
  /** Title of a case → why this server is known to fail it. Passing it fails the suite, so that the list cannot rot. */
  readonly fails?: Readonly<Record<string, string>>;
}

/** Registers the cases over one harness, which is made before the first case and closed after the last. */
export function describeContract<Harness extends { close(): Promise<void> }>(
  name: string,
  cases: readonly ContractCase<Harness>[],
  setup: () => Promise<Harness>,
  options: ContractOptions = {},
): void {
  const skip = options.skip ?? {};
  const fails = options.fails ?? {};
  describe(name, () => {
    const run = crypto.randomUUID().slice(0, 8);
    let harness: Harness | undefined;
    beforeAll(async () => {
      harness = await setup();
    });
    afterAll(async () => {
      await harness?.close();
    });
    test("every skip and every known failure names a case and gives a reason", () => {
      const titles = cases.map((one) => one.title);
      for (const [title, reason] of [...Object.entries(skip), ...Object.entries(fails)]) {
        expect(titles).toContain(title);
        expect(reason.length).toBeGreaterThan(10);
      }
    });
    for (const [index, one] of cases.entries()) {
      const register = fails[one.title] === undefined ? test : test.fails;
      register(one.title, async (context) => {
        const reason = skip[one.title];
        if (reason !== undefined) context.skip(reason);
        if (harness === undefined) throw new Error("the harness was not set up");
        await one.run(harness, `contract-${run}-${index}`);
      });
    }
  });
}

/** The error that a promise ends with; fails when it ends well, or with anything but a `PortError`. */
export async function portErrorOf(promise: Promise<unknown>): Promise<PortError> {
  const outcome = await promise.then(
    () => "no error",
    (error: unknown) => error,
  );
  if (!(outcome instanceof PortError)) throw new Error("expected a PortError", { cause: outcome });
  return outcome;
}

export async function expectPortError(promise: Promise<unknown>, kind: ErrorKind, reason?: ErrorReason): Promise<void> {
  const error = await portErrorOf(promise);
  expect({ kind: error.kind, reason: reason === undefined ? undefined : error.reason }).toEqual({ kind, reason });
}
