import { createHash } from "node:crypto";

/** A Harbor that somebody else runs, and the administrator's hands on it. What is made is remembered, to be taken away. */
export class LiveHarbor {
  readonly url: string;
  readonly admin: string;
  readonly password: string;
  readonly #projects: string[] = [];
  /** Part of the name of everything made here. */
  readonly mark: string;

  constructor(mark: string) {
    this.url = (process.env["HARBOR_URL"] ?? "").replace(/\/+$/, "");
    const [admin = "", ...rest] = (process.env["HARBOR_ADMIN"] ?? "").split(":");
    this.admin = admin;
    this.password = rest.join(":");
    this.mark = mark;
  }

  async send(
    login: { username: string; password: string },
    method: string,
    path: string,
    body?: Buffer,
    type?: string,
  ) {
    const authorization = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
    return fetch(path.startsWith("http") ? path : `${this.url}${path}`, {
      method,
      headers: { authorization, ...(type === undefined ? {} : { "content-type": type }) },
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    });
  }

  /** As the administrator; anything but 2xx is thrown, without what was sent. */
  async call(method: string, path: string, body?: object): Promise<unknown> {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const login = { username: this.admin, password: this.password };
    const reply = await this.send(login, method, `/api/v2.0${path}`, bytes, "application/json");
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path} answered ${reply.status}: ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  async createProject(name: string, options: { readonly public: boolean }): Promise<void> {
    await this.call("POST", "/projects", { project_name: name, metadata: { public: String(options.public) } });
    this.#projects.push(name);
  }

  async createRobot(name: string, permissions: readonly object[]): Promise<{ username: string; password: string }> {
    const body = { name, level: "system", duration: 1, permissions };
    const made = (await this.call("POST", "/robots", body)) as { name: string; secret: string };
    return { username: made.name, password: made.secret };
  }

  /** One image of one layer as `<project>/app:v1`, pushed as a client would. */
  async pushImage(project: string): Promise<void> {
    const login = { username: this.admin, password: this.password };
    const put = async (bytes: Buffer) => {
      const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
      const started = await this.send(login, "POST", `/v2/${project}/app/blobs/uploads/`);
      const place = new URL(started.headers.get("location") ?? "", this.url);
      place.searchParams.set("digest", digest);
      const ended = await this.send(login, "PUT", place.href, bytes, "application/octet-stream");
      if (ended.status !== 201) throw new Error(`pushing a blob answered ${ended.status}`);
      return { size: bytes.length, digest };
    };
    const docker = "application/vnd.docker";
    const layer = await put(Buffer.from(`layer of ${project}`));
    const config = await put(
      Buffer.from(
        JSON.stringify({ architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [layer.digest] } }),
      ),
    );
    const mediaType = `${docker}.distribution.manifest.v2+json`;
    const manifest = {
      schemaVersion: 2,
      mediaType,
      config: { mediaType: `${docker}.container.image.v1+json`, ...config },
      layers: [{ mediaType: `${docker}.image.rootfs.diff.tar.gzip`, ...layer }],
    };
    const path = `/v2/${project}/app/manifests/v1`;
    const { status } = await this.send(login, "PUT", path, Buffer.from(JSON.stringify(manifest)), mediaType);
    if (status !== 201) throw new Error(`pushing a manifest answered ${status}`);
  }

  async #deleteRobots(): Promise<number> {
    let deleted = 0;
    for (;;) {
      const rows = (await this.call("GET", `/robots?q=name%3D~${this.mark}&page_size=100`)) as { id: number }[];
      for (const { id } of rows) await this.call("DELETE", `/robots/${id}`);
      deleted += rows.length;
      if (rows.length === 0) return deleted;
    }
  }

  async #deleteProject(name: string): Promise<void> {
    const rows = (await this.call("GET", `/projects/${name}/repositories?page_size=100`)) as { name: string }[];
    for (const row of rows) {
      const repository = encodeURIComponent(encodeURIComponent(row.name.slice(name.length + 1)));
      await this.call("DELETE", `/projects/${name}/repositories/${repository}`);
    }
    await this.call("DELETE", `/projects/${name}`);
  }

  /** Takes away every robot of the mark and every project made here. Returns what was done, and what was not. */
  async cleanUp(): Promise<string> {
    const robots = await this.#deleteRobots();
    const left: string[] = [];
    for (const name of this.#projects) await this.#deleteProject(name).catch(() => left.push(name));
    const done = `${robots} robots and ${this.#projects.length - left.length} projects deleted`;
    return left.length === 0 ? done : `${done}; left over: ${left.join(", ")}`;
  }
}
