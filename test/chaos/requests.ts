import type { FaultBoard, FaultRule } from "../../functions/sandbox/faults.ts";

type Request = Parameters<NonNullable<FaultRule["when"]>>[0];

/** Pods ask the registry for images and API servers for Secrets; everything else, and every write, is a runner's. */
const ofRunners: Readonly<Record<FaultRule["part"], (request: Request) => boolean>> = {
  harbor: ({ path }) => path.startsWith("/api/"),
  aws: () => true,
  azure: () => true,
  gcp: () => true,
  kubernetes: ({ method }) => method !== "GET",
};

/** Counts what runners ask of a sandbox, and tells when so many more have arrived. */
export class RunnerRequests {
  #count = 0;
  readonly #waiting = new Set<{ readonly at: number; readonly tell: () => void }>();

  constructor(faults: FaultBoard) {
    for (const [part, isRunners] of Object.entries(ofRunners)) {
      const when = (request: Request): boolean => {
        if (isRunners(request)) this.#arrived();
        return false;
      };
      // Looks at every request and hits none.
      faults.set({ part: part as FaultRule["part"], when, action: { type: "cut-before" } });
    }
  }

  get count(): number {
    return this.#count;
  }

  /** Returns what takes the wish back. */
  after(requests: number, tell: () => void): () => void {
    const wish = { at: this.#count + requests, tell };
    this.#waiting.add(wish);
    return () => this.#waiting.delete(wish);
  }

  #arrived(): void {
    this.#count += 1;
    for (const wish of this.#waiting) {
      if (wish.at > this.#count) continue;
      this.#waiting.delete(wish);
      wish.tell();
    }
  }
}
