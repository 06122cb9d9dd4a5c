import type { Login } from "../../ports/registry.ts";
import type { Secret } from "../../secret.ts";
import type { HttpReply } from "../http/request.ts";

/** How long Harbor punishes a failed login of a name (harbor.md §2.1). */
const penaltyMs = 1500;
const loginsMax = 1000;

/**
 * Keeps a dead login from being tried again while Harbor still punishes the last attempt: whoever asks meanwhile
 * gets the answer of that attempt. A login that nobody has tried yet is tried by one caller, and the others wait
 * for what becomes of it.
 */
export interface LoginGate {
  /** `place`: the address asked. `isRefusal` says whether a reply is Harbor's own no to this login. */
  pass(
    place: string,
    login: Login,
    attempt: () => Promise<HttpReply>,
    isRefusal: (reply: HttpReply) => boolean,
  ): Promise<HttpReply>;
  /** A robot was given this password just now: what was said of it before counts no more. */
  forget(password: Secret): void;
}

interface Known {
  readonly id: string;
  readonly password: Secret;
  tried: boolean;
  refusal: { readonly atMs: number; readonly reply: HttpReply } | null;
  trying: Promise<unknown> | null;
}

export function createLoginGate(nowMs: () => number): LoginGate {
  const logins: Known[] = [];

  function knownOf(place: string, { username, password }: Login): Known {
    const id = `${new URL(place).origin} ${username}`;
    const known = logins.find((one) => one.id === id && one.password.equals(password));
    if (known !== undefined) return known;
    const made: Known = { id, password, tried: false, refusal: null, trying: null };
    logins.push(made);
    if (logins.length > loginsMax) logins.shift();
    return made;
  }

  return {
    forget(password) {
      for (const known of logins) if (known.password.equals(password)) known.refusal = null;
    },
    async pass(place, login, attempt, isRefusal) {
      const known = knownOf(place, login);
      // What failed on the way says nothing about the login: who waited for it tries for himself.
      while (known.trying !== null) await known.trying.catch(() => undefined);
      // By the distance, so that a clock that was moved ends a penalty early and never keeps it.
      const { refusal } = known;
      if (refusal !== null && Math.abs(nowMs() - refusal.atMs) < penaltyMs) return refusal.reply;
      const alone = refusal !== null || !known.tried;
      const work = attempt();
      if (alone) known.trying = work;
      try {
        const reply = await work;
        known.refusal = isRefusal(reply) ? { atMs: nowMs(), reply } : null;
        return reply;
      } finally {
        known.tried = true;
        if (alone) known.trying = null;
      }
    },
  };
}
