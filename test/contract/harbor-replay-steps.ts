import { loadExchanges } from "./harbor-replay.ts";
import type { ReplayWorld, Step } from "./harbor-replay-world.ts";
import { on, system } from "./harbor-replay-world.ts";

/** What the recording did between its files, without showing it. */
export const beforeFile: Readonly<Record<string, (world: ReplayWorld) => Promise<void>>> = {
  async "04-robots-read"(world) {
    const list = loadExchanges("04-robots-read").find(({ name }) => name === "list q disabled: disabled=true");
    const [robot] = (list?.response?.body ?? []) as { id: number; update_time: string }[];
    if (robot === undefined) throw new Error("the recording lacks the disabled robot");
    world.setNowMs(Date.parse(robot.update_time));
    await world.admin("PUT", `/robots/${world.replay.ids.own("robots", robot.id)}`, robot);
  },
  async "09-robot-as-admin"(world) {
    // Left over from the races, which are not in these files.
    world.setNowMs(Date.parse("2026-11-23T23:59:00Z"));
    await world.robot("raced", "system", [on("alpha", "repository:pull")]);
  },
  async "10-registry-push"(world) {
    world.setNowMs(Date.parse("2026-11-24T00:01:45Z"));
    await world.robot("puller", "system", [on("alpha", "repository:pull")]);
    await world.robot("pusher", "system", [on("alpha", "repository:pull", "repository:push")]);
    await world.robot("pushonly", "system", [on("alpha", "repository:push")]);
    await world.robot("betapull", "system", [on("beta", "repository:pull")]);
    await world.robot("ppush", "project", [on("alpha", "repository:push")]);
    await world.robot("projpull", "project", [on("alpha", "repository:pull")]);
    for (const { request } of loadExchanges("10-registry-push")) {
      const bytes = /^<(\d+) bytes>$/.exec(String(request?.body))?.[1];
      const digest = /digest=(sha256:[0-9a-f]{64})/.exec(request?.path ?? "")?.[1];
      if (bytes !== undefined && digest !== undefined) world.replay.inventBlob(digest, Number(bytes));
    }
  },
  async "11-token-service"(world) {
    world.setNowMs(Date.parse("2026-11-24T00:01:48Z"));
    for (const to of ["alpha/app2", "beta/app", "pub/app"]) await world.copyImage("alpha/app", to, "v1");
  },
  async "12-audit"(world) {
    world.setNowMs(Date.parse("2026-11-24T00:04:10Z"));
    await world.robot("audp", "project", [on("alpha", "repository:pull")]);
    await world.robotBy("robot$mgr-all", "audr", [on("alpha", "repository:pull")]);
    world.setNowMs(Date.parse("2026-11-24T00:05:20Z"));
    // "200 pulls in a row", the 15 tries before, and one more.
    for (let pull = 0; pull < 216; pull += 1) await world.pull("robot$alpha+audp", "alpha/app");
  },
  async "18-errors-csrf-readonly"(world) {
    world.setNowMs(Date.parse("2026-11-24T00:16:40Z"));
    await world.admin("POST", "/projects", { project_name: "fleet" });
    const fleet = (await world.admin("GET", "/projects/fleet")) as { project_id: number };
    world.replay.ids.pair("projects", 10, fleet.project_id);
    world.harbor.pushImage("fleet", "app", "v1", [Buffer.from("fleet")]);
    await world.robot("ro", "system", [on("alpha", "repository:pull")]);
    const made = { 251: "robot$betapull", 257: "robot$audr", 259: "robot$audx", 277: "robot$ro" };
    for (const [id, username] of Object.entries(made)) world.pairRobot(Number(id), username);
  },
  async "19-more"(world) {
    world.setNowMs(Date.parse("2026-11-24T00:19:14Z"));
    const makers = system("robot:create", "robot:read");
    const allowed = {
      kind: "project",
      namespace: "alpha",
      access: [{ resource: "repository", action: "pull", effect: "allow" }],
    };
    await world.robot("effmgr", "system", [makers, allowed]);
    const both = on("*", "repository:pull", "repository:push");
    await world.robot("mergemgr", "system", [makers, on("alpha", "repository:pull"), both]);
    await world.robot("shortmgr", "system", [makers, on("alpha", "repository:pull")], 1);
    await world.robot("prjadm", "system", [system("project:create"), on("alpha", "repository:pull")]);
    const old = await world.robot("oldupd", "system", [
      system("robot:read", "robot:list"),
      on("alpha", "repository:pull"),
    ]);
    world.harbor.grantByHand(old, { resource: "robot", action: "update", effect: "" });
    world.replay.ids.pair("robots", 286, old);
    world.replay.ids.pair("robots", 287, await world.robot("target", "system", [on("alpha", "repository:pull")]));
  },
  async "20-version-2.16-dev"(world) {
    await world.admin("POST", "/projects", { project_name: "alpha" });
    for (const name of ["ep", "urlch79840"]) await world.robot(name, "system", [on("*", "repository:pull")]);
    world.pairSecret("HR7d**************************gI", "robot$ep");
    world.pairSecret("Qh7P**************************ND", "robot$urlch79840");
  },
  async "21-version-2.14.0"(world) {
    for (const name of ["alpha", "beta"]) await world.admin("POST", "/projects", { project_name: name });
    await world.robot("first", "system", [on("alpha", "repository:pull")]);
  },
};

/** The endpoint's robot gets a new secret, shown as this in the recording. */
const refreshed =
  (masked: string, username = "robot$replpull"): Step =>
  async (world) => {
    await world.refresh(username);
    world.pairSecret(masked, username);
  };

const ended: Step = (world) => world.untilReplicated();

/** An execution that the recording shows without the call that started it. */
const started =
  (id: number, policyId: number, masked?: string): Step =>
  async (world, exchange) => {
    if (masked !== undefined) await refreshed(masked, "robot$replpush")(world, exchange);
    await world.replicate(id, policyId);
    await world.untilReplicated();
  };

/** What happened before an exchange, without being shown: file, then name. */
export const beforeExchange: Readonly<Record<string, Readonly<Record<string, Step>>>> = {
  "12-audit": {
    async "switch: skip_audit_log_database without endpoint"(world) {
      // Made while `create_robot` leaves no row.
      await world.robot("audx", "system", [on("alpha", "repository:pull")]);
      await world.admin("PUT", "/configurations", { disabled_audit_log_event_types: "" });
    },
  },
  "11-token-service": {
    async "PUT same duration on expired robot"(world) {
      world.setNowMs(Date.parse("2026-11-24T00:02:01.000Z"));
      const id = await world.robot("revoke", "system", [on("alpha", "repository:pull")], 3);
      world.replay.ids.pair("robots", 254, id);
      world.harbor.setExpiry(id, 1795478495);
    },
  },
  "13-registries-replication": {
    "robot secret was refreshed: ping saved": refreshed("TVjW**************************fv"),
    "good credential: execution": ended,
    "endpoint secret dead: start": refreshed("aJoz**************************DH"),
    "endpoint secret dead: execution": ended,
    "after repair: execution": ended,
    "endpoint for the proxy cache": (world) => world.startUpstream(),
    "upstream password changed: cached image GET": (world) => world.changeUpstreamPassword("Changed5678"),
    async "url change: create endpoint"(world) {
      await world.robot("urlch79839", "system", [on("*", "repository:pull")]);
      world.pairSecret("wxrl**************************W1", "robot$urlch79839");
    },
    async "push policy: create"(world) {
      const rights = ["repository:pull", "repository:push", "repository:list", "repository:read", "project:read"];
      await world.robot("replpush", "system", [on("*", ...rights), system("project:list")]);
      await world.useEndpointLogin("robot$replpush");
    },
    "push policy: good credential: execution": started(254, 3),
    "push policy: dead credential: tasks": started(255, 3, "dead while pushing"),
    async "push to private: create"(world) {
      await world.useEndpointLogin("robot$replpush");
    },
    "push to private: good credential: execution": started(256, 4),
    "push to private: dead credential: tasks": started(257, 4, "dead while pushing to private"),
    async "queued task: endpoint gets the new secret while the task waits"(world, exchange) {
      await world.useEndpointLogin("robot$replpush");
      world.harbor.holdReplication(true);
      await world.replicate(260, 4);
      await world.untilPrepared();
      await refreshed("mTtP**************************vl", "robot$replpush")(world, exchange);
    },
    async "queued task: execution"(world) {
      world.harbor.holdReplication(false);
      await world.untilReplicated();
    },
  },
  "19-more": {
    async "robot made by a user who was deleted since"(world) {
      world.setNowMs(Date.parse("2026-11-24T00:20:06.115Z"));
      await world.robotOfDeletedUser(349);
    },
    async "health with one component down (status stays 200)"(world) {
      world.harbor.setComponentDown("portal");
    },
  },
};
