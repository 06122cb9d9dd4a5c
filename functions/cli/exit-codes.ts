/** What a script can decide by; the numbers are part of the interface and only grow. */
export const exitCode = {
  done: 0,
  failed: 1,
  differs: 2,
  notFinished: 3,
  blocked: 4,
  usage: 64,
  unreachable: 69,
  temporary: 75,
  denied: 77,
  configuration: 78,
  timedOut: 124,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

const rows: readonly (readonly [ExitCode, string, string])[] = [
  [exitCode.done, "done, or nothing to do", "go on"],
  [exitCode.failed, "failed, or at least one target failed", "read the JSON (-o json)"],
  [exitCode.differs, "something would change; only with --detailed-exitcode", "decide"],
  [exitCode.notFinished, "not finished; the next time is told", "come back at nextAt"],
  [exitCode.blocked, "blocked: a person must act; what and why is told", "page somebody"],
  [exitCode.usage, "wrong usage, nothing touched", "fix the call"],
  [exitCode.unreachable, "a system cannot be reached", "retry later"],
  [exitCode.temporary, "asked to slow down, or another runner is at work", "retry later"],
  [exitCode.denied, "credentials missing or denied", "fix the rights"],
  [exitCode.configuration, "configuration refused", "fix the file"],
  [exitCode.timedOut, "--timeout passed; the rotation itself is safe", "`capstan tick` goes on"],
  [exitCode.interrupted, "interrupted by Ctrl-C; the rotation itself is safe", "`capstan tick` goes on"],
  [exitCode.terminated, "terminated by a signal; the rotation itself is safe", "`capstan tick` goes on"],
];

/** Several outcomes in one call: a person wins over failed, failed over not finished, over differs, over done. */
export function worstExitCode(codes: readonly ExitCode[]): ExitCode {
  const order: readonly ExitCode[] = [exitCode.blocked, exitCode.failed, exitCode.notFinished, exitCode.differs];
  const [first] = codes.filter((code) => code !== exitCode.done);
  if (first === undefined) return exitCode.done;
  if (codes.every((code) => code === first || code === exitCode.done)) return first;
  // Failures of different classes are one plain failure, unless somebody has to act.
  const known = codes.map((code) => (order.includes(code) || code === exitCode.done ? code : exitCode.failed));
  return order.find((code) => known.includes(code)) ?? exitCode.failed;
}

/** The table as data, for `capstan help exit-codes` and the tests. */
export function exitCodeRows(): readonly {
  readonly code: ExitCode;
  readonly meaning: string;
  readonly then: string;
}[] {
  return rows.map(([code, meaning, then]) => ({ code, meaning, then }));
}
