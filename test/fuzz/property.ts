import fc from "fast-check";

/** One rule for all inputs, with what it needs to run. */
export interface FuzzProperty {
  readonly name: string;
  /** Of the runs asked for, as many as this share: a run of this one costs more. 1 where absent. */
  readonly share?: number;
  /** Sets up what all its runs use. */
  open(): Promise<OpenProperty>;
}

export interface OpenProperty {
  readonly property: fc.IAsyncProperty<never> | fc.IProperty<never>;
  close(): Promise<void>;
}

export interface FuzzOptions {
  readonly runs: number;
  readonly seed: number;
  /** fast-check's way to one counterexample; absent: from the beginning. */
  readonly path?: string | undefined;
}

export interface FuzzResult {
  readonly name: string;
  readonly runs: number;
  readonly seed: number;
  readonly seconds: number;
  /** What broke the rule, the input and how to replay it; null: it held. */
  readonly failure: string | null;
}

/** For the pure ones. */
export function pure(name: string, property: fc.IProperty<never> | fc.IAsyncProperty<never>, share = 1): FuzzProperty {
  return { name, share, open: async () => ({ property, close: async () => {} }) };
}

/** Any property, whatever it takes. */
export function of<Inputs>(property: fc.IAsyncProperty<Inputs> | fc.IProperty<Inputs>): OpenProperty["property"] {
  return property as unknown as OpenProperty["property"];
}

/** Runs one property; a rejection that nobody handles breaks it too, and a warning: it goes to stderr with what was read. */
export async function runProperty(fuzz: FuzzProperty, options: FuzzOptions): Promise<FuzzResult> {
  const { seed, path } = options;
  const runs = path === undefined ? Math.max(1, Math.round(options.runs * (fuzz.share ?? 1))) : 1;
  const stray: unknown[] = [];
  const note = (error: unknown): void => void stray.push(error);
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
  process.on("warning", note);
  const { property, close } = await fuzz.open();
  const startedMs = performance.now();
  try {
    const found = await fc.check(property as fc.IAsyncProperty<never>, {
      numRuns: runs,
      seed,
      ...(path === undefined ? {} : { path }),
      includeErrorInReport: false,
    });
    // Whatever was left behind comes up now.
    await new Promise((resolve) => setImmediate(resolve));
    const seconds = (performance.now() - startedMs) / 1000;
    const failure = found.failed
      ? reportOf(fuzz.name, found)
      : stray.length > 0
        ? `not handled: ${stray.join("; ")}`
        : null;
    return { name: fuzz.name, runs: found.numRuns, seed, seconds, failure };
  } finally {
    await close();
    process.off("unhandledRejection", note);
    process.off("uncaughtException", note);
    process.off("warning", note);
  }
}

const inputCharactersMax = 3_000;

function reportOf(name: string, found: fc.RunDetails<never>): string {
  const why = found.errorInstance instanceof Error ? found.errorInstance.message : String(found.errorInstance);
  const input = fc.stringify(found.counterexample).slice(0, inputCharactersMax);
  const replay = `npm run -s fuzz -- --only '${name}' --seed ${found.seed} --path '${found.counterexamplePath}'`;
  return [`${name}: ${why}`, `  input: ${input}`, `  replay: ${replay}`].join("\n");
}
