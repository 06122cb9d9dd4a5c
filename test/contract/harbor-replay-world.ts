import { expect } from "vitest";
import { FaultBoard } from "../../functions/sandbox/faults.ts";
import { type Harbor, startHarbor } from "../../functions/sandbox/harbor/start-harbor.ts";
import { type Exchange, HarborReplay } from "./harbor-replay.ts";

const passwords: Record<string, string> = {
  admin: "Admin-password-1",
  dev: "Passw0rd-dev",
  owner: "Passw0rd-owner",
  sysop: "Passw0rd-sysop",
};

const access = (...rights: string[]) =>
  rights.map((right) => ({ resource: right.split(":")[0], action: right.split(":")[1] }));
export const on = (namespace: string, ...rights: string[]) => ({
  kind: "project",
  namespace,
  access: access(...rights),
});
export const system = (...rights: string[]) => ({ kind: "system", namespace: "/", access: access(...rights) });

/** A sandbox in the middle of the recording: what the files rely on and do not show is done by hand here. */
export class ReplayWorld {
  readonly harbor: Harbor;
  readonly replay: HarborReplay;
  readonly setNowMs: (nowMs: number) => void;
  #upstream: Harbor | undefined;

  private constructor(harbor: Harbor, setNowMs: (nowMs: number) => void) {
    this.harbor = harbor;
    this.setNowMs = setNowMs;
    const replay: HarborReplay = new HarborReplay({
      harbor,
      setNowMs,
      // From the `update_time` of the GET after it.
      moments: { "PATCH robot of one": "2026-11-23T23:50:25.948Z" },
      passwordOf(username, recorded) {
        if (/^(?:wr\*+g|Wr\*+5|bad|)$/.test(recorded)) return undefined;
        return passwords[username] ?? replay.secrets.get(username) ?? replay.secrets.get(`robot$${username}`);
      },
    });
    for (const name of ["dev", "owner", "sysop"]) {
      const shown = { dev: "Pass******ev", owner: "Pass********er", sysop: "Pass********op" }[name] ?? "";
      replay.pairText(shown, passwords[name] ?? "");
    }
    this.replay = replay;
  }

  static async start(version?: string): Promise<ReplayWorld> {
    let nowMs = Date.parse("2026-11-23T23:48:21.169Z");
    const harbor = await startHarbor({
      faults: new FaultBoard(),
      nowMs: () => nowMs,
      adminPassword: passwords["admin"] ?? "",
      failedLoginDelayMs: 1,
      ...(version === undefined ? {} : { version }),
    });
    return new ReplayWorld(harbor, (wanted) => {
      nowMs = wanted;
    });
  }

  async admin(method: string, path: string, body?: object): Promise<unknown> {
    const login = Buffer.from(`admin:${passwords["admin"]}`).toString("base64");
    const reply = await fetch(`${this.harbor.url}/api/v2.0${path}`, {
      method,
      headers: { authorization: `Basic ${login}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  /** A robot that the recording uses and does not show being made. */
  async robot(
    name: string,
    level: "system" | "project",
    permissions: readonly object[],
    duration = -1,
  ): Promise<number> {
    const made = (await this.admin("POST", "/robots", { name, level, duration, permissions })) as {
      id: number;
      name: string;
      secret: string;
    };
    this.replay.secrets.set(made.name, made.secret);
    return made.id;
  }

  async #as(username: string, method: string, path: string, body?: Buffer, type?: string): Promise<Response> {
    const password = passwords[username] ?? this.replay.secrets.get(username) ?? "";
    const login = Buffer.from(`${username}:${password}`).toString("base64");
    const reply = await fetch(`${this.harbor.url}${path}`, {
      method,
      headers: { authorization: `Basic ${login}`, ...(type === undefined ? {} : { "content-type": type }) },
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    });
    if (!reply.ok) throw new Error(`${method} ${path} as ${username}: ${reply.status}`);
    return reply;
  }

  /** This robot of ours is the recorded one of that id. */
  pairRobot(recordedId: number, username: string): void {
    const own = this.harbor.robots().find((robot) => robot.username === username && robot.deletedAtMs === null);
    if (own !== undefined) this.replay.ids.pair("robots", recordedId, own.id);
  }

  async pull(username: string, repository: string): Promise<void> {
    await (await this.#as(username, "GET", `/v2/${repository}/manifests/v1`)).arrayBuffer();
  }

  /** The same image in another repository, byte by byte. */
  async copyImage(from: string, to: string, tag: string): Promise<void> {
    const bytes = async (path: string) => Buffer.from(await (await this.#as("admin", "GET", path)).arrayBuffer());
    const manifest = await bytes(`/v2/${from}/manifests/${tag}`);
    const { config, layers, mediaType } = JSON.parse(manifest.toString()) as {
      config: { digest: string };
      layers: { digest: string }[];
      mediaType: string;
    };
    for (const { digest } of [config, ...layers]) {
      const started = await this.#as("admin", "POST", `/v2/${to}/blobs/uploads/`);
      const place = `${started.headers.get("location")}&digest=${digest}`;
      await this.#as("admin", "PUT", place, await bytes(`/v2/${from}/blobs/${digest}`), "application/octet-stream");
    }
    await this.#as("admin", "PUT", `/v2/${to}/manifests/${tag}`, manifest, mediaType);
  }

  /** The masked secret of the recording is the one that this robot has now. */
  pairSecret(masked: string, username: string): void {
    this.replay.pairText(masked, this.replay.secrets.get(username) ?? "");
  }

  async refresh(username: string): Promise<void> {
    const id = this.harbor.robots().find((robot) => robot.username === username && robot.deletedAtMs === null)?.id;
    const { secret } = (await this.admin("PATCH", `/robots/${id}`, {})) as { secret: string };
    this.replay.secrets.set(username, secret);
  }

  /** The endpoint that the recording calls 1 logs in as this robot. */
  async useEndpointLogin(username: string): Promise<void> {
    const login = { access_key: username, access_secret: this.replay.secrets.get(username) };
    await this.admin("PUT", `/registries/${this.replay.ids.own("registries", 1)}`, login);
  }

  /** A robot made by a robot. */
  async robotBy(username: string, name: string, permissions: readonly object[]): Promise<void> {
    const body = Buffer.from(JSON.stringify({ name, level: "system", duration: -1, permissions }));
    await (await this.#as(username, "POST", "/api/v2.0/robots", body, "application/json")).arrayBuffer();
  }

  async replicate(recordedId: number, recordedPolicyId: number): Promise<void> {
    const policyId = this.replay.ids.own("replication/policies", recordedPolicyId);
    const body = Buffer.from(JSON.stringify({ policy_id: policyId }));
    const reply = await this.#as("admin", "POST", "/api/v2.0/replication/executions", body, "application/json");
    this.replay.ids.pairLocations(`/replication/executions/${recordedId}`, reply.headers.get("location") ?? "");
  }

  async untilReplicated(): Promise<void> {
    await expect.poll(() => this.harbor.replicationInProgress(), { timeout: 5000, interval: 5 }).toBe(0);
  }

  /** The youngest execution has its task, which waits. */
  async untilPrepared(): Promise<void> {
    const path = "/replication/executions?page_size=1";
    const pending = async () => ((await this.admin("GET", path)) as { total: number }[])[0]?.total;
    await expect.poll(pending, { timeout: 5000, interval: 5 }).toBe(1);
  }

  /** A second registry, with a user of its own, a proxy cache of it here, and a robot that pulls through. */
  async startUpstream(): Promise<void> {
    const upstream = await startHarbor({
      faults: new FaultBoard(),
      nowMs: () => Date.parse("2026-11-24T00:08:00Z"),
      adminPassword: "Upstream-admin-1",
      failedLoginDelayMs: 1,
    });
    this.#upstream = upstream;
    upstream.createProject("lib", { public: false });
    upstream.createUser("upuser", "Upstream-password-1", { lib: "guest" });
    for (const name of ["one", "three"]) upstream.pushImage("lib", name, "v1", [Buffer.alloc(105, name)]);
    this.replay.pairText("upstream.example", new URL(upstream.url).host);
    this.setNowMs(Date.parse("2026-11-24T00:08:06Z"));
    const credential = { type: "basic", access_key: "upuser", access_secret: "Upstream-password-1" };
    const endpoint = { name: "up", type: "docker-registry", url: upstream.url, credential };
    await this.admin("POST", "/registries", endpoint);
    const [row] = (await this.admin("GET", "/registries?q=name=up")) as { id: number }[];
    this.replay.ids.pair("registries", 4, row?.id ?? 0);
    await this.admin("POST", "/projects", { project_name: "proxy", registry_id: row?.id });
    const project = (await this.admin("GET", "/projects/proxy")) as { project_id: number };
    this.replay.ids.pair("projects", 9, project.project_id);
    await this.robot("proxypull2", "system", [on("proxy", "repository:pull")]);
    await this.pull("robot$proxypull2", "proxy/lib/one");
  }

  async changeUpstreamPassword(password: string): Promise<void> {
    const login = Buffer.from("admin:Upstream-admin-1").toString("base64");
    const reply = await fetch(`${this.#upstream?.url}/api/v2.0/users/3/password`, {
      method: "PUT",
      headers: { authorization: `Basic ${login}`, "content-type": "application/json" },
      body: JSON.stringify({ new_password: password }),
    });
    if (!reply.ok) throw new Error(`password of upuser: ${reply.status}`);
  }

  async robotOfDeletedUser(recordedId: number): Promise<void> {
    passwords["temp"] = "Passw0rd-temp";
    await this.admin("POST", "/users", {
      username: "temp",
      password: passwords["temp"],
      email: "t@example.com",
      realname: "temp",
    });
    const users = (await this.admin("GET", "/users?q=username=temp")) as { user_id: number }[];
    const id = users[0]?.user_id ?? 0;
    await this.admin("PUT", `/users/${id}/sysadmin`, { sysadmin_flag: true });
    const body = { name: "bytemp", level: "system", duration: -1, permissions: [on("alpha", "repository:pull")] };
    const bytes = Buffer.from(JSON.stringify(body));
    const reply = await this.#as("temp", "POST", "/api/v2.0/robots", bytes, "application/json");
    this.replay.ids.pairLocations(`/robots/${recordedId}`, reply.headers.get("location") ?? "");
    this.replay.ids.pair("users", 6, id);
    await this.admin("DELETE", `/users/${id}`);
  }

  async close(): Promise<void> {
    await this.harbor.close();
    await this.#upstream?.close();
  }
}

export type Step = (world: ReplayWorld, exchange: Exchange) => Promise<void>;
