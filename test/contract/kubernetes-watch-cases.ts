import { expect } from "vitest";
import type { NamespaceNews, NamespaceWatch } from "../../core/ports/namespace-watch.ts";
import { Secret } from "../../core/secret.ts";
import { refused } from "./cluster-fixtures.ts";
import type { KubernetesClient } from "./kubernetes-server.ts";
import type { KubernetesCase } from "./kubernetes-suite.ts";

/** A watch under way, and what it has told so far. */
class Watching {
  readonly news: NamespaceNews[] = [];
  readonly ended: Promise<void>;
  readonly #stop = new AbortController();
  #wake = () => {};

  constructor(watch: NamespaceWatch, labelSelector: string, after: string | null) {
    const told = (news: NamespaceNews) => {
      this.news.push(news);
      this.#wake();
    };
    this.ended = watch.watchNamespaces({ labelSelector, after }, told, this.#stop.signal);
    // Looked at by `stop`; until then it must not count as unhandled.
    this.ended.catch(() => undefined);
  }

  get added(): readonly string[] {
    return this.news.flatMap(({ type, name }) => (type === "added" ? [name] : []));
  }

  get version(): string {
    return this.news.at(-1)?.resourceVersion ?? "";
  }

  async until(name: string): Promise<void> {
    while (!this.added.includes(name)) {
      const more = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([more, this.ended.then(() => Promise.reject(new Error(`ended before ${name}`)))]);
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.ended;
  }
}

const label = (client: KubernetesClient, name: string, labels: object) =>
  client.must(
    "PATCH",
    `/api/v1/namespaces/${name}`,
    { metadata: { labels } },
    { type: "application/merge-patch+json" },
  );

/** The driver's watch of namespaces, on the sandbox and on a real server. */
export const watchCases: readonly KubernetesCase[] = [
  {
    name: "a watch of namespaces begins with those that are there, and tells new ones and those that come to match",
    async run(client, namespace, { addNamespace }) {
      await addNamespace(`${namespace}-there`, { team: namespace });
      await addNamespace(`${namespace}-later`);
      const watching = new Watching(client.connect(), `team=${namespace}`, null);
      await watching.until(`${namespace}-there`);
      await addNamespace(`${namespace}-new`, { team: namespace });
      await addNamespace(`${namespace}-foreign`, { team: "another" });
      await watching.until(`${namespace}-new`);
      await label(client, `${namespace}-later`, { team: namespace });
      await watching.until(`${namespace}-later`);
      await watching.stop();
      expect(watching.added).toEqual([`${namespace}-there`, `${namespace}-new`, `${namespace}-later`]);
      expect(watching.news.map(({ terminating }) => terminating)).not.toContain(true);
    },
  },
  {
    name: "a watch of namespaces goes on after the version it was left at, and tells nothing twice",
    async run(client, namespace, { addNamespace }) {
      const selector = `team=${namespace}`;
      await addNamespace(`${namespace}-1`, { team: namespace });
      const first = new Watching(client.connect(), selector, null);
      await first.until(`${namespace}-1`);
      await first.stop();
      await addNamespace(`${namespace}-2`, { team: namespace });
      const second = new Watching(client.connect(), selector, first.version);
      await second.until(`${namespace}-2`);
      await second.stop();
      expect(second.added).toEqual([`${namespace}-2`]);
    },
  },
  {
    name: "a watch that ends by itself has told a version to go on from, however quiet it was",
    async run(client, namespace, { addNamespace }) {
      await addNamespace(`${namespace}-1`, { team: namespace });
      const quiet = new Watching(client.connect({ watchSecondsMax: 3 }), `team=${namespace}`, null);
      await quiet.ended;
      expect(quiet.news.at(0)).toMatchObject({ type: "added", name: `${namespace}-1` });
      expect(quiet.news.at(-1)).toMatchObject({ type: "seen" });
    },
  },
  {
    name: "a watch from a version that is forgotten is told so, and one from the beginning works",
    async run(client, namespace, { addNamespace }) {
      const selector = `team=${namespace}`;
      await addNamespace(`${namespace}-1`, { team: namespace });
      const before = new Watching(client.connect(), selector, null);
      await before.until(`${namespace}-1`);
      await before.stop();
      await addNamespace(`${namespace}-2`, { team: namespace });
      await client.server.compact();
      const signal = new AbortController().signal;
      const again = client
        .connect()
        .watchNamespaces({ labelSelector: selector, after: before.version }, () => {}, signal);
      await refused(again, "conflict", "stale-writer");
      const afresh = new Watching(client.connect(), selector, null);
      await afresh.until(`${namespace}-2`);
      await afresh.stop();
      expect([...afresh.added].sort()).toEqual([`${namespace}-1`, `${namespace}-2`]);
    },
  },
  {
    name: "a watch of namespaces without the right to it names the right; a refused token is asked for once more",
    async run(client, namespace) {
      const token = await client.account(namespace, []);
      const signal = new AbortController().signal;
      const query = { labelSelector: `team=${namespace}`, after: null };
      const narrow = client.connect({ token: () => new Secret(token) });
      const error = await refused(
        narrow.watchNamespaces(query, () => {}, signal),
        "denied",
        "missing-right",
      );
      expect(error.message).toContain("no right to watch namespaces");
      let asked = 0;
      const renewed = client.connect({
        token: () => new Secret(++asked === 1 ? "ended-long-ago" : client.server.adminToken),
        watchSecondsMax: 1,
      });
      await renewed.watchNamespaces(query, () => {}, signal);
      expect(asked).toBe(2);
      const dead = client.connect({ token: () => new Secret("ended-long-ago") });
      await refused(
        dead.watchNamespaces(query, () => {}, signal),
        "denied",
        "bad-credentials",
      );
    },
  },
];
