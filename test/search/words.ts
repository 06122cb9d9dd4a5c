/** What a call is to a reader, by the beginning of its id (`core/protocol/effects.ts`, `site-effects.ts`); `$1`, `$2`: parts of the id. */
const phrases: readonly (readonly [RegExp, string])[] = [
  [/^list-robots$/, "lists the robots"],
  [/^read-store:(.+):(\d+)$/, "reads the store of $1 once more, before robot $2 is deleted"],
  [/^load-site:(.+):(\d+)$/, "reads the ledger of site $1 once more, before robot $2 is deleted"],
  [/^read-store:(.+)$/, "reads the store of $1"],
  [/^load-site:(.+)$/, "reads the ledger of site $1"],
  [/^load-ledger:(\d+)$/, "reads home's ledger once more, before robot $1 is deleted"],
  [/^load-ledger$/, "reads home's ledger"],
  [/^save$/, "saves home's ledger"],
  [/^mint:(.+)$/, "mints the robot of attempt $1"],
  [/^stage:(.+)$/, "stages the value of attempt $1 in the home store"],
  [/^read-version:(.+)$/, "reads version $1 from the home store"],
  [/^prove:watch:(.+)$/, "tries whether the current one (version $1) logs in"],
  [/^prove:guard:(.+)$/, "tries the one that stays (version $1) once more"],
  [/^prove:(?:next|last):(.+)$/, "proves version $1 at Harbor"],
  [/^flip:(.+):(\d+)$/, "flips the store of $1 to epoch $2"],
  [/^read-round:(.+)$/, "reads the round beside the store of $1"],
  [/^write-round:(.+):(.+)$/, "writes round $2 beside the store of $1"],
  [/^read-robot:(\d+)$/, "looks at robot $1"],
  [/^remove-robot:(\d+)$/, "deletes robot $1"],
  [/^list-versions:(.+)$/, "lists the versions in the store of $1"],
  [/^discard:(.+):(.+)$/, "discards versions $2 in the store of $1"],
  [/^load-site-ledger$/, "reads its site's ledger"],
  [/^read-round$/, "reads the round"],
  [/^read-value$/, "reads the value in its store"],
  [/^save-site$/, "saves its site's ledger"],
  [/^prove-value$/, "tries the value at Harbor before it is handed out"],
  [/^prove-copy:(.+)$/, "tries a copy read back from $1 at Harbor"],
  [/^list-secrets:(.+):\d+$/, "lists the Secrets of $1"],
  [/^read-target:(.+)#\d+$/, "reads the Secret $1"],
  [/^create-target:(.+)#\d+$/, "makes the Secret $1, empty"],
  [/^reload-ledger:(.+)#\d+$/, "reads its site's ledger again, before it fills $1"],
  [/^apply-target:(.+)#\d+$/, "writes the value into the Secret $1"],
];

/** A transition's label in words; one that is no call is words already. */
export function inWords(label: string): string {
  const [, runner, kind, id = "", how = ""] = /^(\S+#\d+) (home|site|late) (\S+?)(, .*| arrives)?$/.exec(label) ?? [];
  if (runner === undefined) return label;
  const phrase = phrases.find(([pattern]) => pattern.test(id));
  const said = phrase === undefined ? id : id.replace(phrase[0], phrase[1]);
  return `${runner} (${kind}) ${said}${how}`;
}
