/** Collections whose ids are paired. */
type Kind =
  | "robots"
  | "projects"
  | "users"
  | "members"
  | "registries"
  | "webhook/policies"
  | "replication/policies"
  | "replication/executions";

/** Key of a body → what its number is an id of; `id` itself depends on the path. */
const keyKinds: Readonly<Record<string, Kind>> = {
  project_id: "projects",
  user_id: "users",
  entity_id: "users",
  owner_id: "users",
  registry_id: "registries",
  policy_id: "replication/policies",
  execution_id: "replication/executions",
};

const inPaths: readonly (readonly [RegExp, Kind])[] = [
  [/(\/robots\/)(\d+)/g, "robots"],
  [/(robot )(\d+)/g, "robots"],
  [/(\/webhook\/policies\/)(\d+)/g, "webhook/policies"],
  [/(\/replication\/policies\/)(\d+)/g, "replication/policies"],
  [/(\/replication\/executions\/)(\d+)/g, "replication/executions"],
  [/(\/registries\/)(\d+)/g, "registries"],
  [/(registry )(\d+)/g, "registries"],
  [/(\/members\/)(\d+)/g, "members"],
  [/(\/users\/)(\d+)/g, "users"],
  [/(\/project(?:s)?\/)(\d+)/g, "projects"],
  [/(ProjectID(?:=|%3D))(\d+)/g, "projects"],
];

/** Pairs recorded ids with the sandbox's, by collection; what was never paired stays as it is. */
export class ReplayIds {
  readonly #own = new Map<string, number>();

  own(kind: Kind, recorded: number): number {
    return this.#own.get(`${kind} ${recorded}`) ?? recorded;
  }

  pair(kind: Kind, recorded: number, own: number): void {
    this.#own.set(`${kind} ${recorded}`, own);
  }

  /** Pairs the two ids at the end of two `Location`s. */
  pairLocations(recorded: string, own: string): void {
    const pattern = /\/(replication\/\w+|webhook\/policies|\w+)\/(\d+)$/;
    const theirs = pattern.exec(recorded);
    const ours = pattern.exec(own);
    if (theirs !== null && ours !== null) this.pair(theirs[1] as Kind, Number(theirs[2]), Number(ours[2]));
  }

  #ownText(kind: Kind, id: string): string {
    return String(this.#own.get(`${kind} ${id}`) ?? id);
  }

  /** Ids in a path, a query or a message. */
  text(recorded: string): string {
    let text = recorded;
    for (const [pattern, kind] of inPaths)
      text = text.replace(pattern, (_, before: string, id: string) => `${before}${this.#ownText(kind, id)}`);
    return text.replace(
      /\bid(=|%3D)((?:%7B)?)(\d+)(?:(%20)(\d+))?/g,
      (_, equals, brace, first, blank = "", second = "") =>
        [
          "id",
          equals,
          brace,
          this.own("robots", Number(first)),
          blank,
          second && this.own("robots", Number(second)),
        ].join(""),
    );
  }

  /** The collection that `id` is of, in bodies of a request to this path. */
  #kindOf(path: string): Kind | undefined {
    const found = /\/api\/v2\.0\/\/?(replication\/\w+|robots|registries|users)/.exec(path)?.[1];
    if (found !== undefined) return found as Kind;
    return /\/(members|webhook\/policies)/.exec(path)?.[1] as Kind | undefined;
  }

  /** Ids of a body, of request or reply. */
  body(recorded: unknown, path: string, parent = ""): unknown {
    if (Array.isArray(recorded)) return recorded.map((item) => this.body(item, path, parent));
    if (typeof recorded !== "object" || recorded === null) return recorded;
    const byRobot = (recorded as { creator_type?: string }).creator_type === "robot";
    return Object.fromEntries(
      Object.entries(recorded).map(([key, value]) => {
        if (typeof value !== "number") return [key, this.body(value, path, key)];
        const inner: Kind | undefined = parent.endsWith("_registry") ? "registries" : this.#kindOf(path);
        const creator: Kind | undefined = byRobot ? "robots" : "users";
        const kind = key === "id" ? inner : key === "creator_ref" ? creator : keyKinds[key];
        return [key, kind === undefined ? value : this.own(kind, value)];
      }),
    );
  }
}
