import { readFileSync } from "node:fs";

/** One artefact. Paths are relative to the repository, `outFile` to the output folder. */
export interface BundleTarget {
  readonly name: "aws" | "azure" | "gcp" | "cli";
  readonly entry: string;
  readonly outFile: string;
  /** Packages that the platform gives or that exist only once. */
  readonly external: readonly string[];
  readonly executable: boolean;
  /** Still one file, but modules that are imported dynamically are only compiled when they are. */
  readonly onDemand: boolean;
  /** Further files of the artefact: name → text. */
  readonly files: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly devDependencies: Readonly<Record<string, string>>;
};

const functionsFramework = "@google-cloud/functions-framework";

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function packageOf(cloud: string, dependencies?: Readonly<Record<string, string>>): string {
  const { version, engines } = manifest;
  const name = `capstan-${cloud}`;
  return json({ name, version, private: true, type: "module", main: "index.mjs", engines, dependencies });
}

/** `functionTimeout`: the most that every plan allows; `timerTimeLimitMs` in functions/azure goes by it. */
const azureHost = {
  version: "2.0",
  functionTimeout: "00:10:00",
  logging: { logLevel: { default: "Information" } },
  extensions: { http: { routePrefix: "api" } },
};

export const bundleTargets: readonly BundleTarget[] = [
  {
    name: "aws",
    entry: "functions/aws/index.ts",
    outFile: "aws/index.mjs",
    external: [],
    executable: false,
    onDemand: false,
    files: {},
  },
  {
    name: "azure",
    entry: "functions/azure/index.ts",
    outFile: "azure/index.mjs",
    // Given by the host's worker through `require`.
    external: ["@azure/functions-core"],
    executable: false,
    onDemand: false,
    files: { "azure/host.json": json(azureHost), "azure/package.json": packageOf("azure") },
  },
  {
    name: "gcp",
    entry: "functions/gcp/index.ts",
    outFile: "gcp/index.mjs",
    // It keeps registrations in itself: a second copy in the bundle would register for nobody.
    external: [functionsFramework],
    executable: false,
    onDemand: false,
    files: {
      "gcp/package.json": packageOf("gcp", {
        [functionsFramework]: manifest.devDependencies[functionsFramework] ?? "*",
      }),
    },
  },
  {
    name: "cli",
    entry: "functions/cli/main.ts",
    outFile: "cli/capstan.mjs",
    external: [],
    executable: true,
    onDemand: true,
    files: {},
  },
];
