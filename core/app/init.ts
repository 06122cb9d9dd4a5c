/** What stands above the credentials. Texts go into the file as they are, quoted. */
interface HeadAnswers {
  readonly installation: string;
  readonly harborUrl: string;
  readonly caFile: string | null;
  readonly issuer: string;
  /** Where the issuer's password is kept: a reference, never the password. */
  readonly password: string;
  readonly kubeconfig: string | null;
  readonly contexts: readonly string[];
  readonly directory: string;
  readonly identity: string;
}

/** What a first configuration is made of. */
export interface InitAnswers extends HeadAnswers {
  readonly credential: string;
  /** Private project that the credential may pull from. */
  readonly project: string;
  /** Namespaces by name, or null: by `selector`. */
  readonly namespaces: readonly string[] | null;
  readonly selector: string;
  readonly secret: string;
  /** The Secrets are there already and are taken over. */
  readonly adopt: boolean;
}

/** A commented `capstan.yaml`: one Harbor, a local site, one cluster per context. The caller loads it to see whether the answers were good. */
export function renderConfig(answers: InitAnswers, schemaFile: string): string {
  const { lines, clusters } = renderHead(answers, schemaFile);
  return `${[...lines, "", ...credentialLines(answers, clusters)].join("\n")}\n`;
}

/** The file down to its clusters, and their names. */
export function renderHead(
  answers: HeadAnswers,
  schemaFile: string,
): { readonly lines: readonly string[]; readonly clusters: readonly string[] } {
  const clusters = nameContexts(answers.contexts);
  const lines = [
    `# yaml-language-server: $schema=./${schemaFile}`,
    "# Configuration of Capstan. Unknown keys are refused; `capstan plan` says whether the file is well formed.",
    "format: 1",
    `installation: ${quote(answers.installation)} # Kubernetes field manager: capstan-<installation>`,
    "",
    ...registryLines(answers),
    "",
    "sites:",
    "  local: # values (encrypted) and ledgers in files on this machine",
    "    kind: local",
    `    directory: ${quote(answers.directory)}`,
    `    identity: ${quote(`file:${answers.identity}`)} # keep a copy: without it the values cannot be read`,
    "",
    ...clusterLines(answers, clusters),
  ];
  return { lines, clusters: [...clusters.keys()] };
}

function registryLines(answers: HeadAnswers): readonly string[] {
  return [
    "registries:",
    "  main:",
    "    kind: harbor",
    `    endpoint: ${quote(answers.harborUrl)}`,
    "    # pullEndpoints: [https://other.example.com] # when nodes pull by other addresses than this",
    answers.caFile === null
      ? "    # caFile: ./ca.pem # a private authority"
      : `    caFile: ${quote(answers.caFile)} # a private authority`,
    "    issuer: # a robot with robot:create, read, list and delete and at least the rights below (Harbor 2.12 or newer)",
    `      username: ${quote(answers.issuer)}`,
    `      password: ${quote(answers.password)} # env:NAME, file:path, aws:, azure: or gcp:, never the password itself`,
  ];
}

function clusterLines(answers: HeadAnswers, clusters: ReadonlyMap<string, string>): readonly string[] {
  if (clusters.size === 0) {
    return ["clusters: {} # such as  prod: { site: local, context: my-context }"];
  }
  const kubeconfig = answers.kubeconfig === null ? [] : [`    kubeconfig: ${quote(answers.kubeconfig)}`];
  return [
    "clusters:",
    ...[...clusters].flatMap(([name, context]) => [
      `  ${quote(name)}:`,
      "    site: local",
      `    context: ${quote(context)}`,
      ...kubeconfig,
      "    # allowExec: [aws] # exec plugins that the context may log in with",
    ]),
  ];
}

function credentialLines(answers: InitAnswers, clusters: readonly string[]): readonly string[] {
  const namespaces =
    answers.namespaces === null
      ? `{ selector: ${quote(answers.selector)} }`
      : `{ names: [${answers.namespaces.map(quote).join(", ")}] }`;
  const targets = [
    "    targets: # pull Secrets; other registries' entries in them are kept",
    `      - clusters: [${clusters.map(quote).join(", ")}]`,
    `        namespaces: ${namespaces}`,
    `        secret: ${quote(answers.secret)}`,
    answers.adopt
      ? "        adopt: true # the Secrets are there already; the robot in them is never deleted"
      : "        # adopt: true # take over a Secret that was made by hand",
  ];
  return [
    "credentials:",
    `  ${quote(answers.credential)}:`,
    "    registry: main",
    "    home: local",
    "    robot: # what each generation is made of",
    "      level: system",
    "      durationDays: 30",
    "      permissions:",
    `        - namespace: ${quote(answers.project)}`,
    "          access:",
    "            - { resource: repository, action: pull }",
    "    proof: # tried before anybody gets a new robot; the project must be private, the repository need not exist",
    `      repository: ${quote(`${answers.project}/capstan-proof`)}`,
    "    rotate:",
    "      rules:",
    "        - every: 7d",
    "          jitter: 10%",
    "    drain: # how long an old robot lives on after all are served: the longest of these",
    "      overlap: 1h",
    "      longestPull: 30m",
    "      pullModeRefresh: 0s # slowest refresh of External Secrets and the like",
    ...(clusters.length === 0 ? ["    targets: [] # stores alone are served"] : targets),
  ];
}

/** A cluster's name for each context: `arn:aws:eks:…:cluster/Prod` → `prod`, numbered where two would meet. */
function nameContexts(contexts: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const context of new Set(contexts)) {
    const last = context.split("/").at(-1) ?? "";
    const base = last
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "")
      .slice(0, 50)
      .replace(/-+$/, "");
    let name = base || "cluster";
    for (let number = 2; names.has(name); number++) name = `${base || "cluster"}-${number}`;
    names.set(name, context);
  }
  return names;
}

/** YAML's single quotes: only the quote itself is special. Control characters would need another form. */
export function quote(text: string): string {
  return `'${text.replace(/[\p{Cc}\u0085\u2028\u2029]/gu, " ").replaceAll("'", "''")}'`;
}
