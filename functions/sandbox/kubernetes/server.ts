import type { FaultBoard } from "../faults.ts";
import { type Listener, listen, type PartReply, type PartRequest } from "../listener.ts";
import { answerOther } from "./discovery.ts";
import { handleResource } from "./handler.ts";
import { createHands, type Hands } from "./hands.ts";
import { limitWrites } from "./in-flight.ts";
import {
  type AllowRule,
  authenticate,
  forbiddenPath,
  isMaster,
  masters,
  type TokenHolder,
  type User,
} from "./rights.ts";
import { classify, routeOf } from "./routes.ts";
import { StatusFailure, unknownPath } from "./status.ts";
import { ObjectStore } from "./store.ts";

export interface KubernetesOptions {
  /** The cluster's name, by which faults find it. */
  readonly name: string;
  readonly faults: FaultBoard;
  readonly nowMs: () => number;
  readonly port?: number;
  readonly tls: { readonly cert: string; readonly key: string };
  /** Bearer token → who it is. Group `system:masters` may do everything. */
  readonly tokens: Readonly<Record<string, User>>;
  /** Asked about tokens that are none of these, as a webhook would be; null: nobody's. */
  readonly reviewToken?: (token: string, nowMs: number) => User | null;
  /** User name → what it may do. Without rules: nothing. */
  readonly rules?: Readonly<Record<string, readonly AllowRule[]>>;
}

/** A running API server, with hands inside for tests and the demo. */
export interface KubernetesSandbox extends Listener, Hands {
  /** Null: the token is nobody's from now on. */
  setToken(token: string, user: User | null): void;
  setRules(username: string, rules: readonly AllowRule[]): void;
  /** A second API server of the same cluster, which answers 429 to more writes at the same time than this. */
  startBeside(writesInFlightMax: number): Promise<Listener>;
}

/** An API server of one cluster, as kube-apiserver 1.37 was recorded (transcripts kubernetes). */
export async function startKubernetes(options: KubernetesOptions): Promise<KubernetesSandbox> {
  const store = new ObjectStore(options.nowMs);
  const tokens = new Map(
    Object.entries(options.tokens).map(([token, user]): [string, TokenHolder] => [token, { user }]),
  );
  const rules = new Map(Object.entries(options.rules ?? {}));
  let address = "";

  function answer(request: PartRequest): PartReply {
    try {
      const user = authenticate(request.headers.authorization, tokens, request.nowMs, options.reviewToken);
      const allowed = rules.get(user.username) ?? [];
      const other = answerOther(store, request, user, allowed, () => address);
      if (other !== null) return other;
      const route = routeOf(request.path);
      if (route !== null) return handleResource(store, route, { user, rules: allowed, tokens }, request);
      throw user.groups.includes(masters) ? unknownPath() : forbiddenPath(user, request.method, request.path);
    } catch (error) {
      if (error instanceof StatusFailure) return error.reply();
      throw error;
    }
  }

  const { name, faults, nowMs, tls, port } = options;
  const shared = { part: "kubernetes" as const, instance: name, faults, nowMs, tls, classify };
  const listener = await listen({ ...shared, ...(port === undefined ? {} : { port }), handle: answer });
  address = `127.0.0.1:${listener.port}`;
  return {
    ...listener,
    ...createHands(store),
    setToken: (token, user) => (user === null ? void tokens.delete(token) : void tokens.set(token, { user })),
    setRules: (username, allowed) => void rules.set(username, allowed),
    startBeside: (writesInFlightMax) => {
      const limit = limitWrites(writesInFlightMax, ({ headers }) => isMaster(headers.authorization, tokens));
      return listen({ ...shared, handle: (request) => limit(request, () => answer(request)) });
    },
  };
}
