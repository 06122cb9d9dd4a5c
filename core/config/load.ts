import { dirname } from "node:path";
import { anchorPaths } from "./anchor-paths.ts";
import { checkAgents } from "./checks/agents.ts";
import { checkEndpoints } from "./checks/endpoints.ts";
import { checkIssuers } from "./checks/issuers.ts";
import { checkNames } from "./checks/names.ts";
import { checkRobots } from "./checks/robot.ts";
import { checkSpans } from "./checks/spans.ts";
import { checkStores } from "./checks/stores.ts";
import { checkTargets } from "./checks/targets.ts";
import { type Config, completeConfig } from "./complete.ts";
import { type ParsedDocument, parseYaml } from "./document.ts";
import { checkExpansion, inFile } from "./expand.ts";
import { explainIssue } from "./explain-issue.ts";
import { checkFormat } from "./format.ts";
import { noticesOf } from "./notices.ts";
import { type Finding, type Problem, showPath } from "./problem.ts";
import { fileSchema } from "./schema/file.ts";

export interface LoadOptions {
  /** Path of the file; its folder is where relative paths inside it start. */
  readonly path: string;
  /** Text of the file. May throw. */
  readonly readFile: (path: string) => string;
  /** `HOME` for paths that begin with `~/`. References are not resolved here. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `config` is null exactly when there are problems. Notices stop nothing. */
export type LoadedConfig =
  | { readonly config: Config; readonly problems: readonly []; readonly notices: readonly Problem[] }
  | { readonly config: null; readonly problems: readonly Problem[]; readonly notices: readonly [] };

const checks = [
  checkNames,
  checkIssuers,
  checkAgents,
  checkRobots,
  checkSpans,
  checkStores,
  checkTargets,
  checkEndpoints,
];
const fileCharactersMax = 4 * 1024 * 1024;
const problemsMax = 100;

/** Reads, checks and completes `capstan.yaml`. Never throws: whatever is wrong is a problem. */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const whole = (problem: string, mend: string) =>
    refuse([{ file: options.path, line: 1, column: 1, path: "", problem, mend }]);

  let text: string;
  try {
    text = options.readFile(options.path);
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code;
    const shown = typeof code === "string" && /^[A-Z0-9_]{1,40}$/.test(code) ? code : "unknown";
    return whole(`cannot be read (${shown})`, "write one with `capstan init`, or name another with --config");
  }
  if (text.length > fileCharactersMax) {
    return whole(`is over ${fileCharactersMax} characters long`, "split the installation into several files");
  }

  const document = parseYaml(text);
  if (document.errors.length > 0) {
    return refuse(document.errors.map((error) => ({ file: options.path, path: "", ...error })));
  }
  if (typeof document.data !== "object" || document.data === null || Array.isArray(document.data)) {
    return whole("is no mapping (key: value)", "write a file with `capstan init` and change it");
  }
  const newer = checkFormat(document.data);
  if (newer !== null) return refuse(place([newer], document, options.path));
  return read(document, options);
}

function read(document: ParsedDocument, options: LoadOptions): LoadedConfig {
  const parsed = fileSchema.safeParse(document.data);
  if (!parsed.success) {
    const findings = parsed.error.issues.flatMap((issue) => explainIssue(issue, document.data));
    return refuse(place(findings, document, options.path));
  }
  const met = checkExpansion(parsed.data);
  if (met.length > 0) return refuse(place(met, document, options.path));
  const config = completeConfig(anchorPaths(parsed.data, dirname(options.path), options.env["HOME"] ?? null));
  // What is to be said of an entry is so of each of its credentials, and told once.
  const inTheFile = (found: readonly Finding[]): readonly Finding[] => {
    const places = found.map((finding) => inFile(finding, parsed.data, config));
    return [...new Map(places.map((finding) => [JSON.stringify(finding), finding])).values()];
  };
  const findings = inTheFile(checks.flatMap((check) => check(config)));
  if (findings.length > 0) return refuse(place(findings, document, options.path));
  return { config, problems: [], notices: place(inTheFile(noticesOf(config)), document, options.path) };
}

function place(findings: readonly Finding[], document: ParsedDocument, file: string): readonly Problem[] {
  // Each place is looked for from the beginning: a file of nothing but mistakes would take minutes.
  return findings.slice(0, problemsMax).map((finding) => ({
    file,
    ...document.placeOf(finding),
    path: showPath(finding.path),
    problem: finding.problem,
    mend: finding.mend,
  }));
}

function refuse(problems: readonly Problem[]): LoadedConfig {
  const ordered = [...problems].sort((one, other) => one.line - other.line || one.column - other.column);
  return { config: null, problems: ordered.slice(0, problemsMax), notices: [] };
}
