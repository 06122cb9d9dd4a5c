/** One thing wrong with a configuration. `problem` and `mend` never quote a value: it may be a secret. */
export interface Problem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** `credentials.platform-pull.robot.durationDays`; empty for the whole file. */
  readonly path: string;
  readonly problem: string;
  readonly mend: string;
}

export type PathSegment = string | number;

/** A problem before its place in the file is looked up. */
export interface Finding {
  readonly path: readonly PathSegment[];
  /** Points at the key rather than at its value. */
  readonly atKey?: boolean;
  readonly problem: string;
  readonly mend: string;
}

const harmlessKey = /^[\p{L}\p{N}_.-]{1,63}$/u;

/** A key as text. Keys that do not look like keys are not shown: somebody may have pasted a secret there. */
export function showKey(segment: PathSegment): string {
  if (typeof segment === "number") return String(segment);
  return harmlessKey.test(segment) ? segment : "(a key that is not shown)";
}

export function showPath(path: readonly PathSegment[]): string {
  return path
    .map((segment) => (typeof segment === "number" ? `[${segment}]` : `.${showKey(segment)}`))
    .join("")
    .replace(/^\./, "");
}

/** `capstan.yaml:12:5: credentials.x.home: names no site. Mend: …`, one line per problem. */
export function formatProblem(problem: Problem): string {
  const where = `${problem.file}:${problem.line}:${problem.column}`;
  const path = problem.path === "" ? "" : `${problem.path}: `;
  return `${where}: ${path}${problem.problem}; ${problem.mend}`;
}
