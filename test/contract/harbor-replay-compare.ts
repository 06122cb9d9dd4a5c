/** Headers compared, their absence too. */
export const comparedHeaders = [
  "content-type",
  "location",
  "link",
  "x-total-count",
  "www-authenticate",
  "docker-distribution-api-version",
  "docker-content-digest",
  "etag",
  "accept-ranges",
  "cache-control",
  "range",
  "vary",
];

/** Ids that are not paired with ours, and what is drawn anew: their place is compared, not their value. */
const drawn = new Set(["job_id", "token", "issued_at", "setup_timestamp", "digest", "size", "cve_allowlist", "error"]);
const times = new Set(["creation_time", "update_time", "op_time", "start_time", "end_time", "current_time"]);
const unorderedLists = new Set(["permissions", "access", "actions"]);

function shown(key: string, value: unknown, exactTimes: boolean): unknown {
  if (drawn.has(key)) return "drawn anew";
  if (key === "secret" && typeof value === "string") return `${value.length} characters`;
  if (times.has(key) && !exactTimes && typeof value === "string")
    return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/.test(value) ? "a time" : value;
  // The commit of a build: `v2.14.0-<commit>` in the recording.
  if (key === "harbor_version" && typeof value === "string") return value.split("-")[0];
  if (key === "operation_description" && typeof value === "string")
    return value.replace(/@sha256:[0-9a-f]+/, "@digest");
  return undefined;
}

/** Sorts what Harbor answers in any order (harbor.md §1.2), hides what is drawn anew. */
export function plain(value: unknown, exactTimes: boolean, key = ""): unknown {
  const replaced = shown(key, value, exactTimes);
  if (replaced !== undefined) return replaced;
  if (Array.isArray(value)) {
    const items = value.map((item) => plain(item, exactTimes));
    return unorderedLists.has(key) ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
  }
  if (typeof value !== "object" || value === null) return value;
  // Rows of the audit log and tasks have ids of their own, which nothing refers to.
  const aside = "op_time" in value || "job_id" in value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      aside && name === "id" ? "an id" : plain(item, exactTimes, name),
    ]),
  );
}

/** The methods of a 405 come in random order. */
export function unordered405(text: string): string {
  return text.replace(/\[([A-Z,]+)\]/, (_, methods: string) => `[${methods.split(",").sort().join(",")}]`);
}

/** Bodies that the recording leaves out: long pages, pages of the user interface, logs of tasks. */
export function isLeftOut(recorded: unknown): recorded is string {
  return typeof recorded === "string" && /^<(?:\d+ bytes|HTML page, .*|task log, .*)>$/.test(recorded);
}
