import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filesLeftOut, notPlayed, reasonAgainst } from "./harbor-not-played.ts";
import { type Exchange, loadExchanges } from "./harbor-replay.ts";
import { beforeExchange, beforeFile } from "./harbor-replay-steps.ts";
import { ReplayWorld } from "./harbor-replay-world.ts";

const replication = "13-registries-replication";
/** One Harbor lived through these files, in this order; the end of the replication file was recorded last. */
const oneLife: readonly { readonly theme: string; readonly from?: number; readonly to?: number }[] = [
  ...["01-system", "02-projects-users", "03-robots-create", "04-robots-read"].map((theme) => ({ theme })),
  ...["05-robots-put", "06-robots-patch", "07-robots-delete", "09-robot-as-admin"].map((theme) => ({ theme })),
  ...["10-registry-push", "11-token-service", "12-audit"].map((theme) => ({ theme })),
  { theme: replication, to: 71 },
  ...["15-configuration", "16-own-permissions", "17-webhooks"].map((theme) => ({ theme })),
  ...["18-errors-csrf-readonly", "19-more"].map((theme) => ({ theme })),
  { theme: replication, from: 71 },
];
const otherVersions = { "20-version-2.16-dev": "v2.16.0", "21-version-2.14.0": "v2.14.0" } as const;
const themes = [...new Set(oneLife.map(({ theme }) => theme)), ...Object.keys(otherVersions)];

/** Rows and robots that unrecorded calls made are missing here: lists are compared, their totals are not. */
function countsAreWhole(theme: string, { request }: Exchange): boolean {
  if (theme === "12-audit" || theme === "18-errors-csrf-readonly") return false;
  return !(request?.path ?? "").startsWith("/api/v2.0/auditlog-exts");
}

interface Claims {
  readonly access: readonly { readonly actions: readonly string[] }[] | null;
}

/** The claims but for the token's own id; actions in any order. */
function comparable(claims: Claims): object {
  const access = claims.access?.map((entry) => ({ ...entry, actions: [...entry.actions].sort() })) ?? null;
  return { ...claims, access, jti: "drawn" };
}

const decoded = (token: string): string[] => token.split(".").map((part) => Buffer.from(part, "base64url").toString());

/** Tokens carry the recorded header and claims. */
function checkToken({ note }: Exchange, text: string): string | undefined {
  const recorded = / claims (\{.*\})(?: \| took .*)?$/.exec(String(note))?.[1];
  if (recorded === undefined) return undefined;
  const { token } = JSON.parse(text) as { token: string };
  const [head = "", body = ""] = decoded(token);
  const kid = expect.stringMatching(/^(?:[A-Z2-7]{4}:){11}[A-Z2-7]{4}$/);
  expect(JSON.parse(head)).toMatchObject({ alg: "RS256", typ: "JWT", kid });
  expect(comparable(JSON.parse(body) as Claims)).toEqual(comparable(JSON.parse(recorded) as Claims));
  return token;
}

/** The order of ties is the database's own affair; these sorts have none. */
const exactOrders = ["-id", "name", "-name", "creation_time", "-creation_time", "-update_time", "name,-id", ""];

function checkOrder({ ids }: ReplayWorld["replay"], { name, note }: Exchange, text: string): void {
  const order = /ids in order: \[([\d, ]+)\]/.exec(String(note))?.[1];
  if (order === undefined || !exactOrders.includes(name.replace("list sort=", ""))) return;
  const wanted = order.split(", ").map((id) => ids.own("robots", Number(id)));
  const own = (JSON.parse(text) as { id: number }[]).map(({ id }) => id);
  expect(own.slice(0, wanted.length)).toEqual(wanted);
}

/** Registers one test per exchange of a file, from one to another. */
function playFile(theme: string, world: () => ReplayWorld, from = 0, to = Number.POSITIVE_INFINITY): void {
  test(`${theme}: what went before`, async () => {
    if (from === 0) await beforeFile[theme]?.(world());
  });
  for (const [index, exchange] of loadExchanges(theme).entries()) {
    // Without a request: a measurement, told in words. The statements make them again (harbor-statement-*.test.ts).
    if (index < from || index >= to || exchange.request === null) continue;
    test(`${theme} ${index}: ${exchange.name}`, async (context) => {
      const reason = reasonAgainst(theme, exchange.name);
      if (reason !== undefined) context.skip(reason);
      await beforeExchange[theme]?.[exchange.name]?.(world(), exchange);
      const { replay } = world();
      const text = await replay.play(exchange, {
        exactTimes: theme.includes("robots-"),
        counts: countsAreWhole(theme, exchange),
        partial: exchange.name === "how an admin sees it",
      });
      const token = checkToken(exchange, text);
      if (exchange.name === "token, robot, private repo, pull" && token !== undefined) replay.bearer = token;
      if (theme === "04-robots-read") checkOrder(replay, exchange, text);
    });
  }
}

describe("2.15.2, one life", () => {
  let world: ReplayWorld;
  beforeAll(async () => {
    world = await ReplayWorld.start();
  });
  afterAll(() => world.close());
  for (const { theme, from, to } of oneLife) playFile(theme, () => world, from, to);
});

describe.each(Object.entries(otherVersions))("%s", (theme, version) => {
  let world: ReplayWorld;
  beforeAll(async () => {
    world = await ReplayWorld.start(version);
  });
  afterAll(() => world.close());
  playFile(theme, () => world);
});

describe("the share of the recording that is played", () => {
  test.for(Object.keys(notPlayed))("%s: every entry of the list names an exchange, with a reason", (theme) => {
    for (const [pattern, reason] of Object.entries(notPlayed[theme] ?? {})) {
      const named = loadExchanges(theme).some(({ name }) => name.startsWith(pattern.replace(/\*$/, "")));
      expect(named, pattern).toBe(true);
      expect(reason.length).toBeGreaterThan(10);
    }
  });

  test("is at least 85 of 100 exchanges, files that are not here counted", () => {
    const all = themes.flatMap((theme) =>
      loadExchanges(theme)
        .filter(({ request }) => request !== null)
        .map(({ name }) => reasonAgainst(theme, name)),
    );
    const elsewhere = Object.values(filesLeftOut).reduce((sum, { exchanges }) => sum + exchanges, 0);
    const played = all.filter((reason) => reason === undefined).length;
    const total = all.length + elsewhere;
    const share = `${played} of ${total} recorded exchanges are played, ${((100 * played) / total).toFixed(1)} %`;
    process.stdout.write(`Harbor: ${share}\n`);
    expect(played / total, share).toBeGreaterThanOrEqual(0.85);
  });
});
